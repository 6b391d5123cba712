import type { GatewayDeps } from '../deps.ts';
import type { Identity } from '../auth/identity.ts';
import type { Rooms } from './rooms.ts';
import type { SlackRefusals } from './refusals.ts';
import type { SlackApi } from './web-api.ts';

/** What every part of the Slack door works with. */
export interface SlackHouse {
  readonly deps: GatewayDeps;
  readonly api: SlackApi;
  readonly rooms: Rooms;
  /** Puts on record what the door refused. */
  readonly refusals: SlackRefusals;
}

/** A person who did something in Slack, and what Slack gave along. */
export interface Visitor {
  readonly identity: Identity;
  /** Member id. */
  readonly user: string;
  /** Lets one modal be opened within three seconds; its text is unique to the act. */
  readonly trigger: string;
}
