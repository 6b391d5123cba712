import type { RefusalView } from '../contracts/api.ts';

/** Refused requests of one minute that are alike. */
export interface DoorRefusal extends RefusalView {
  /** ISO 8601, a whole minute. */
  readonly minute: string;
}

/** What the doors themselves keep: refusals, and idempotency keys of acts that nothing else remembers. */
export interface DoorStore {
  /** Adds to what is known; alike refusals of a minute share a row, whichever gateway counted them. */
  refuse(refusals: readonly DoorRefusal[]): Promise<void>;
  /** Newest row first. @param page - `before`: id of the row that the page begins after. */
  refusals(page: {
    readonly limit: number;
    readonly before?: number;
    readonly who?: string;
    readonly code?: string;
  }): Promise<readonly (DoorRefusal & { readonly id: number })[]>;
  /**
   * Takes an idempotency key for a request; the same request again is no fault.
   *
   * @param hash - SHA-256 of what was asked, hex.
   * @throws INCIDENT_KEY_REUSED for a key that was taken for something else.
   */
  takeKey(requester: string, key: string, hash: string): Promise<void>;
  /** Forgets keys older than thirty days and refusals older than four hundred. */
  forget(): Promise<void>;
}
