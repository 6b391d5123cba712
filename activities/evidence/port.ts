import type { JsonObject } from '../../contracts/json.ts';

/** One page of a log. */
export interface LogPage {
  readonly entries: readonly JsonObject[];
  /** Where the next page begins; `undefined` at the end. */
  readonly next: string | undefined;
}

/**
 * What an integrator writes for a source of evidence: single calls without retries; each throws a `CodedError`.
 */
export interface EvidenceSource {
  /** Name of the connector, `http-log`. */
  readonly kind: string;
  /** Host that the evidence comes from, for the custody record; no path, no credential. */
  readonly host: string;
  /** Longest time one call may take, in milliseconds. */
  readonly longestRequestMs: number;
  /** Asks the source to keep its logs; safe to repeat. @throws EVIDENCE_HOLD_UNSUPPORTED where it cannot be asked. */
  hold(incident: string): Promise<void>;
  /** Entries since an instant (ISO 8601 UTC), oldest first. */
  read(since: string, cursor: string | undefined): Promise<LogPage>;
  close(): Promise<void>;
}
