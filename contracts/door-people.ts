import type { Mode } from './effects.ts';

/** `GET /v1/me`: who the key speaks for, and what that may ask for. */
export interface WhoAmI {
  /** Person id, or `key:<name>` of a machine. */
  readonly id: string;
  readonly isMachine: boolean;
  readonly roles: readonly string[];
  /** Name of the key; never the key. */
  readonly key: string;
  /** Playbooks that the key may start; absent: all. */
  readonly playbooks?: readonly string[];
  /** Modes that the key may start in; absent: all. */
  readonly modes?: readonly string[];
  /** Operations, as `gateway/auth/authorize.ts` names them. */
  readonly may: readonly string[];
}

/** A person as everybody with a key may see them: no address, no account. */
export interface PersonEntry {
  readonly id: string;
  readonly roles: readonly string[];
  /** On-call schedules that list the person. */
  readonly oncall: readonly string[];
  /** Ways by which the person is asked; where they lead stays in the file of people. */
  readonly reachedBy: readonly ('mail' | 'slack')[];
  /** Whether an API key speaks for the person: without one, and without Slack, nobody hears an answer. */
  readonly hasKey: boolean;
}

/** `GET /v1/people`. */
export interface PeopleView {
  readonly people: readonly PersonEntry[];
}

/** `GET /v1/incidents/:id/people`: who was bound to which role when the incident was opened. */
export interface BoundPeopleView {
  readonly incident: string;
  readonly mode: Mode;
  readonly requester: string;
  /** Role to person ids, deputies after the first. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
}
