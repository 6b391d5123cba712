import type { DoorKey } from '../gateway/deps.ts';

/** A member of staff. */
export interface StaffMember {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  /** A mail address away from the first one's provider (a gateway to a phone, a private one): rung too when it is urgent. */
  readonly outOfBand?: string;
  /** Their own, and those of their teams. */
  readonly roles: readonly string[];
  /** Who stands in, first to be asked first; each holds the role that is asked for themselves. */
  readonly deputies?: readonly string[];
  /** Id of the Slack workspace that the account is of; absent: the one that Firebreak is installed in. */
  readonly slackTeam?: string;
  /** Member id in Slack, where that person is to be mentioned. */
  readonly slack?: string;
  /** Public part of the key that signs that person's decisions, `ed25519:...`. */
  readonly key?: string;
}

/** An API key: the key itself is shown once, when it is made; the file holds its hash. */
export type ApiKey = DoorKey;

/** People who hold roles together; named as `team:<id>` where people are bound. */
export interface Team {
  readonly id: string;
  readonly members: readonly string[];
  readonly roles: readonly string[];
}
