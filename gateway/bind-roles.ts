import { CodedError } from '../contracts/errors.ts';
import type { Plan } from '../contracts/plan.ts';
import type { GatewayDeps } from './deps.ts';
import { shown } from './shown.ts';

/** Roles of every incident, whatever its playbook declares. */
const ALWAYS = ['admin', 'responder'];

/** Role to person ids, deputies after the first. */
export type BoundRoles = Readonly<Record<string, readonly string[]>>;

const TEAM = 'team:';

function isTeam(name: string, teams: Readonly<Record<string, readonly string[]>>): boolean {
  return name.startsWith(TEAM) && Object.hasOwn(teams, name.slice(TEAM.length));
}

/** People whom a name stands for: the members of `team:<id>`, else the one of that name. @throws GATEWAY_PERSON_UNKNOWN */
function membersOf(name: string, teams: Readonly<Record<string, readonly string[]>>): readonly string[] {
  if (isTeam(name, teams)) return teams[name.slice(TEAM.length)]!;
  if (name.startsWith(TEAM)) throw new CodedError('GATEWAY_PERSON_UNKNOWN', 'there is no team of that name');
  return [name];
}

/**
 * Binds people to the roles of a plan: those given, else who is on call and holds the role, else all who hold it.
 *
 * Two roles are bound whatever the plan declares: `admin`, to whom an unanswered gate escalates, and `responder`, who may
 * stop and pause every incident, machines among them.
 *
 * A person's deputies stand right behind them, as far as they hold the role; `team:<id>` stands for its members.
 *
 * @param given - who starts may choose among the holders of a role, not make any.
 * @throws GATEWAY_PERSON_UNKNOWN, GATEWAY_ROLE_UNKNOWN, GATEWAY_ROLE_NOT_HELD, GATEWAY_ROLE_UNBOUND
 */
export function bindRoles(
  { playbook, roles }: Plan,
  given: BoundRoles,
  { people, keys, oncall, teams = {} }: Pick<GatewayDeps, 'people' | 'keys' | 'oncall' | 'teams'>,
): BoundRoles {
  const machines = keys
    .filter(({ person, roles: held = [] }) => person === undefined && held.includes('responder'))
    .map(({ name }) => `key:${name}`);
  const holders = (role: string): readonly string[] => [
    ...people.filter((person) => person.roles.includes(role)).map(({ id }) => id),
    ...(role === 'responder' ? machines : []),
  ];
  const deputiesOf = (id: string): readonly string[] => people.find((person) => person.id === id)?.deputies ?? [];
  /** Each once, with their deputies right behind them as far as those hold the role. */
  const inTurn = (role: string, ids: readonly string[]): readonly string[] => [
    ...new Set(ids.flatMap((id) => [id, ...deputiesOf(id).filter((deputy) => holders(role).includes(deputy))])),
  ];
  const spelled = Object.fromEntries(
    Object.entries(given).map(([role, ids]) => [role, ids.flatMap((id) => membersOf(id, teams))]),
  );
  for (const [role, ids] of Object.entries(spelled)) {
    if (!ALWAYS.includes(role) && !Object.hasOwn(roles, role))
      throw new CodedError('GATEWAY_ROLE_UNKNOWN', `${playbook.name} declares no role ${shown(role, 'of that name')}`);
    if (ids.some((id) => !machines.includes(id) && !people.some((person) => person.id === id)))
      throw new CodedError('GATEWAY_PERSON_UNKNOWN', `somebody given as ${role} is not listed`);
    const stranger = ids.find((id) => !holders(role).includes(id));
    if (stranger !== undefined)
      throw new CodedError('GATEWAY_ROLE_NOT_HELD', `${stranger} does not hold the role ${role}`);
  }
  const bound: Record<string, readonly string[]> = Object.fromEntries(
    ALWAYS.map((role) => [role, inTurn(role, spelled[role] ?? holders(role))]),
  );
  for (const [role, { from, required }] of Object.entries(roles)) {
    const scheduled = from === undefined ? [] : (oncall[from.slice('oncall:'.length)] ?? []);
    const onCall = scheduled
      .flatMap((id) => (isTeam(id, teams) ? membersOf(id, teams) : [id]))
      .filter((id) => holders(role).includes(id));
    const ids = inTurn(role, spelled[role] ?? [...onCall, ...holders(role)]);
    if (required && ids.length === 0)
      throw new CodedError('GATEWAY_ROLE_UNBOUND', `nobody holds the role ${role} that ${playbook.name} requires`);
    bound[role] = ids;
  }
  return bound;
}
