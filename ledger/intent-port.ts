import type { JsonObject } from '../contracts/json.ts';

/** Something that a person did at a door, to be delivered once the engine answers. */
export interface Intent {
  /** Person id. */
  readonly person: string;
  /** Idempotency key, unique to the act among those of the person. */
  readonly key: string;
  /** What kind of act it is; the door knows them. */
  readonly act: string;
  /** What the door needs to do it: ids, a digest, the words of a command. */
  readonly body: JsonObject;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** What people did while the engine was away. */
export interface IntentStore {
  /** Keeps an intent; the same once more waits anew. */
  keep(intent: Omit<Intent, 'at'>): Promise<void>;
  /** Intents that wait, oldest first. @param limit - at most that many. */
  waiting(limit: number): Promise<readonly Intent[]>;
  /** Ends an intent; what it said is forgotten. @param outcome - `done`, or the code of what refused it. */
  settle(intent: Pick<Intent, 'person' | 'key'>, outcome: string): Promise<void>;
}
