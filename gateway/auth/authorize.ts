import { CodedError } from '../../contracts/errors.ts';
import type { Identity } from './identity.ts';

/** What can be asked of the doors. */
export const operations = [
  'start',
  'read',
  'decide',
  'fact',
  'resolve',
  'amend',
  'stop',
  'resume',
  'export',
  'decode',
  'upload',
] as const;

/** One of {@link operations}. */
export type Operation = (typeof operations)[number];

/** Roles that are about people in an incident, not about what a door lets through. */
const EVERYONE = ['observer', 'responder', 'commander', 'privacy', 'counsel', 'comms', 'platform', 'approver', 'admin'];
const DECIDERS = EVERYONE.filter((role) => role !== 'observer' && role !== 'responder');

/** Who may do what: deny by default. The workflow checks besides that the person holds the role in that incident. */
const allowed: Readonly<Record<Operation, readonly string[]>> = {
  start: ['responder', 'commander', 'admin'],
  read: EVERYONE,
  decide: DECIDERS,
  fact: EVERYONE.filter((role) => role !== 'observer'),
  resolve: DECIDERS,
  amend: ['commander', 'admin'],
  stop: EVERYONE.filter((role) => role !== 'observer'),
  resume: ['commander', 'admin'],
  export: ['commander', 'privacy', 'counsel', 'admin'],
  decode: ['admin', 'commander'],
  upload: ['responder', 'commander', 'admin'],
};

/** Operations that only a person may ask for: a machine never decides. */
const PEOPLE_ONLY = new Set<Operation>(['decide', 'resolve', 'amend', 'resume']);

/** Whether an identity may do something; the one place where this is decided. */
export function isAllowed({ roles, isMachine }: Pick<Identity, 'roles' | 'isMachine'>, operation: Operation): boolean {
  return !(isMachine && PEOPLE_ONLY.has(operation)) && roles.some((role) => allowed[operation].includes(role));
}

/** Refuses what is not allowed. @throws GATEWAY_FORBIDDEN */
export function authorize(identity: Identity, operation: Operation): void {
  if (!isAllowed(identity, operation)) throw new CodedError('GATEWAY_FORBIDDEN', `${identity.id} may not ${operation}`);
}

/** Role under which a person speaks: the one asked for if held, else the only one that fits. */
export function speakAs(identity: Identity, wanted: string | undefined): string {
  const role = wanted ?? identity.roles[0];
  if (role === undefined || !identity.roles.includes(role))
    throw new CodedError('GATEWAY_FORBIDDEN', `${identity.id} does not hold the role ${role ?? 'that is needed'}`);
  return role;
}
