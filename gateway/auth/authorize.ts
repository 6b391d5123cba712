import { CodedError } from '../../contracts/errors.ts';
import type { IncidentRow } from '../../ledger/ports.ts';
import type { Identity } from './identity.ts';

/** What can be asked of the doors. */
export const operations = [
  'start',
  'read',
  'decide',
  'fact',
  'resolve',
  'amend',
  'undo',
  'stop',
  'resume',
  'pause',
  'steer',
  'export',
  'decode',
  'hold',
  'reconcile',
  'bounce',
  'audit',
] as const;

/** One of {@link operations}. */
export type Operation = (typeof operations)[number];

/** What a commander may ask for; an admin may do the same and more. */
const COMMANDING: readonly Operation[] = [
  ...(['read', 'start', 'decide', 'fact', 'resolve', 'amend', 'undo', 'stop', 'resume'] as const),
  ...(['pause', 'steer', 'export', 'reconcile'] as const),
];

/**
 * What each role may ask for; a role that is not here is a playbook's own (a data owner, a works council) and may do what
 * {@link OTHER_ROLES} says. The workflow checks besides that the person holds the role in that incident.
 */
const allowed: Readonly<Record<string, readonly Operation[]>> = {
  observer: ['read'],
  responder: ['read', 'start', 'fact', 'stop', 'pause'],
  commander: COMMANDING,
  privacy: ['read', 'decide', 'fact', 'resolve', 'amend', 'stop', 'pause', 'export', 'hold'],
  counsel: ['read', 'decide', 'fact', 'resolve', 'amend', 'stop', 'pause', 'export', 'hold'],
  comms: ['read', 'decide', 'fact', 'resolve', 'stop', 'pause'],
  platform: ['read', 'decide', 'fact', 'resolve', 'stop', 'pause'],
  approver: ['read', 'decide', 'stop', 'pause'],
  admin: [...COMMANDING, 'decode', 'bounce', 'audit'],
  postmaster: ['bounce'],
};

const OTHER_ROLES: readonly Operation[] = ['read', 'decide', 'fact', 'resolve', 'stop', 'pause'];

/** Operations that only a person may ask for: a machine never decides. */
const PEOPLE_ONLY: readonly Operation[] = ['decide', 'resolve', 'amend', 'undo', 'resume', 'steer', 'decode', 'hold'];

/** What a machine does as a responder only: the engine knows machines in no other role. */
const AS_RESPONDER: readonly Operation[] = ['stop', 'pause'];

/** What another one than who asked for an incident has to command: to go on after a stop, to go faster, to take acts back. */
const NOT_BY_REQUESTER: readonly Operation[] = ['resume', 'steer', 'undo'];

function mayBe(role: string, operation: Operation): boolean {
  const granted = Object.hasOwn(allowed, role) ? allowed[role]! : OTHER_ROLES;
  return granted.includes(operation);
}

function isForMachines(role: string, operation: Operation): boolean {
  return !PEOPLE_ONLY.includes(operation) && (role === 'responder' || !AS_RESPONDER.includes(operation));
}

/** Whether an identity may do something; the one place where this is decided. */
export function isAllowed({ roles, isMachine }: Pick<Identity, 'roles' | 'isMachine'>, operation: Operation): boolean {
  return roles.some((role) => mayBe(role, operation) && (!isMachine || isForMachines(role, operation)));
}

/** Refuses what is not allowed. @throws GATEWAY_FORBIDDEN */
export function authorize(identity: Identity, operation: Operation): void {
  if (!isAllowed(identity, operation)) throw new CodedError('GATEWAY_FORBIDDEN', `${identity.id} may not ${operation}`);
}

/**
 * Refuses what is not allowed in one incident: whoever asked for a live one gives no command in it, whatever their roles.
 *
 * @throws GATEWAY_FORBIDDEN, GATE_REQUESTER
 */
export function authorizeIn(
  { requester, mode, incident }: Pick<IncidentRow, 'requester' | 'mode' | 'incident'>,
  identity: Identity,
  operation: Operation,
): void {
  authorize(identity, operation);
  if (mode === 'live' && identity.id === requester && NOT_BY_REQUESTER.includes(operation))
    throw new CodedError('GATE_REQUESTER', `${identity.id} asked for ${incident} and may not ${operation} in it`);
}

/** In what an act is spoken, beside who speaks. */
export interface Occasion {
  readonly operation: Operation;
  /** The incident's roles with the people bound to them. */
  readonly bound: Readonly<Record<string, readonly string[]>>;
  /** Roles that the gate or the question asks, where that is known. */
  readonly asked?: readonly string[];
}

/**
 * Role under which somebody speaks: one that may do what is done.
 *
 * @param wanted - the role asked for; left out, it is one that the gate or question asks and the person holds in the
 * incident, else the first of theirs that is bound to them there.
 * @throws GATEWAY_FORBIDDEN for a role that the key does not carry, or that may not do it.
 */
export function speakAs(
  { id, roles }: Identity,
  wanted: string | undefined,
  { operation, bound, asked = [] }: Occasion,
): string {
  const able = roles.filter((role) => mayBe(role, operation));
  const own = able.filter((role) => bound[role]?.includes(id));
  const role = wanted ?? asked.find((one) => own.includes(one)) ?? own[0] ?? able[0];
  if (role === undefined || !roles.includes(role))
    throw new CodedError('GATEWAY_FORBIDDEN', `${id} does not hold the role that is asked for`);
  if (!able.includes(role)) throw new CodedError('GATEWAY_FORBIDDEN', `${id} may not ${operation} as ${role}`);
  return role;
}
