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
  /** When it was done, ISO 8601 UTC, to the millisecond. */
  readonly at: string;
}

/** What people did while the engine was away. */
export interface IntentStore {
  /** Keeps an intent. One of the same key that was done later replaces it, also after it was settled; an older one does not. */
  keep(intent: Intent): Promise<void>;
  /** Intents that wait: commands before all else, then oldest first. @param limit - at most that many. */
  waiting(limit: number): Promise<readonly Intent[]>;
  /**
   * Ends an intent, unless one that was done after `at` has replaced it; what it said is forgotten.
   *
   * @param outcome - `done`, `replaced`, or the code of what refused it.
   */
  settle(intent: Pick<Intent, 'person' | 'key' | 'at'>, outcome: string): Promise<void>;
  /** Deletes what was settled more than thirty days ago. */
  forget(): Promise<void>;
}
