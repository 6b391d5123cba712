import { CodedError } from '../contracts/errors.ts';
import type { Plan } from '../contracts/plan.ts';
import type { GatewayDeps } from './deps.ts';
import { shown } from './shown.ts';

/** Roles of every incident, whatever its playbook declares. */
const ALWAYS = ['admin', 'responder'];

/** Role to person ids, deputies after the first. */
export type BoundRoles = Readonly<Record<string, readonly string[]>>;

/**
 * Binds people to the roles of a plan: those given, else who is on call and holds the role, else all who hold it.
 *
 * Two roles are bound whatever the plan declares: `admin`, to whom an unanswered gate escalates, and `responder`, who may
 * stop and pause every incident, machines among them.
 *
 * @param given - who starts may choose among the holders of a role, not make any.
 * @throws GATEWAY_PERSON_UNKNOWN, GATEWAY_ROLE_UNKNOWN, GATEWAY_ROLE_NOT_HELD, GATEWAY_ROLE_UNBOUND
 */
export function bindRoles(
  { playbook, roles }: Plan,
  given: BoundRoles,
  { people, keys, oncall }: Pick<GatewayDeps, 'people' | 'keys' | 'oncall'>,
): BoundRoles {
  const machines = keys
    .filter(({ person, roles: held = [] }) => person === undefined && held.includes('responder'))
    .map(({ name }) => `key:${name}`);
  const holders = (role: string): readonly string[] => [
    ...people.filter((person) => person.roles.includes(role)).map(({ id }) => id),
    ...(role === 'responder' ? machines : []),
  ];
  for (const [role, ids] of Object.entries(given)) {
    if (!ALWAYS.includes(role) && !Object.hasOwn(roles, role))
      throw new CodedError('GATEWAY_ROLE_UNKNOWN', `${playbook.name} declares no role ${shown(role, 'of that name')}`);
    if (ids.some((id) => !machines.includes(id) && !people.some((person) => person.id === id)))
      throw new CodedError('GATEWAY_PERSON_UNKNOWN', `somebody given as ${role} is not listed`);
    const stranger = ids.find((id) => !holders(role).includes(id));
    if (stranger !== undefined)
      throw new CodedError('GATEWAY_ROLE_NOT_HELD', `${stranger} does not hold the role ${role}`);
  }
  const bound: Record<string, readonly string[]> = Object.fromEntries(
    ALWAYS.map((role) => [role, given[role] ?? holders(role)]),
  );
  for (const [role, { from, required }] of Object.entries(roles)) {
    const scheduled = from === undefined ? [] : (oncall[from.slice('oncall:'.length)] ?? []);
    const onCall = scheduled.filter((id) => holders(role).includes(id));
    const ids = given[role] ?? [...new Set([...onCall, ...holders(role)])];
    if (required && ids.length === 0)
      throw new CodedError('GATEWAY_ROLE_UNBOUND', `nobody holds the role ${role} that ${playbook.name} requires`);
    bound[role] = ids;
  }
  return bound;
}
