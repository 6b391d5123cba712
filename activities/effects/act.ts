import type { Connector } from '../port.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { DatasetRow } from '../../contracts/dataset.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { EffectRow, Lease, Ledger } from '../../ledger/ports.ts';
import type { EffectState, PageCall } from '../../contracts/effects.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Pace } from './pace.ts';

/** Verdict on a claimed target that is not sent to the connector. */
export interface Screened {
  /** `row.subject` of the target. */
  readonly subject: string;
  /** `withheld`: suppressed or held. `failed`: cannot be acted on. `planned`: not now, ask again. */
  readonly state: 'withheld' | 'failed' | 'planned';
  /** Registered error code. */
  readonly code: string;
  /** With `planned`: not before this many milliseconds. */
  readonly waitMs?: number;
  readonly receipt?: JsonObject;
}

/** One kind of act on rows of a page: an effect `(incident, action, subject)` each. */
export interface Act {
  /** Name in the effect's key; usually the step's own action. */
  readonly action: string;
  readonly connector: Connector;
  /** Covers what was asked (template, version, connector parameters), not what is rendered at the claim. */
  readonly paramsHash: (row: DatasetRow) => Digest;
  /** Subject of the effect; without it the row's own. Two rows may share one: the act is done once for both. */
  readonly subject?: (row: DatasetRow) => string;
  /** Shared token bucket of this provider account; without it `connector:<name>`. */
  readonly bucket?: string;
  /**
   * Takes what each slot holds while it works and what pages share, such as a connection; without it the page's own slots
   * are all. @returns gives it back; `undefined` when the page is to start nothing more.
   */
  readonly slot?: (signal: AbortSignal) => Promise<(() => void) | undefined>;
  /**
   * Takes a connection for one batch, where claims may run ahead of connections: for what may be repeated only. Without it a
   * page has no more claims open than batches on their way.
   */
  readonly connection?: (signal: AbortSignal) => Promise<(() => void) | undefined>;
  /** Codes that mean that the provider is away: nobody asks it anything for the outcome's wait, and the page ends. */
  readonly awayCodes?: readonly ErrorCode[];
  /** The act sends what may come back: its pages also tell how much of the rollout's first targets did. */
  readonly watchesReturns?: boolean;
  /** Looks at claimed rows right before they are sent; those it names are settled as it says and not sent. */
  readonly screen?: (rows: readonly DatasetRow[]) => Promise<readonly Screened[]>;
}

/** What became of one target in this attempt, by what the ledger says at its end. */
export interface TargetReport {
  readonly row: DatasetRow;
  readonly subject: string;
  readonly state: EffectState;
  /** Neither settled nor given up: the rollout sweeps it again. */
  readonly left: boolean;
  /** With `left`: not before this many milliseconds. */
  readonly waitMs?: number;
  /** Why it is not `accepted`, where a reason is known. */
  readonly code?: string;
  /** When the ledger settled it; ISO 8601 UTC. */
  readonly settledAt?: string;
  /** Receipt of this attempt's own outcome; `undefined` where an earlier one settled it. */
  readonly receipt?: JsonObject;
}

/** What one act sees of the page it runs in. */
export interface PageScope {
  readonly call: PageCall;
  readonly ledger: Ledger;
  readonly lease: Lease;
  readonly ownCredentials: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly pace: Pace;
  startableMs(longestRequestMs: number): number;
  patienceMs(): number;
  states(action: string, subjects: readonly string[]): Promise<ReadonlyMap<string, EffectRow>>;
  announce(body: JsonObject): Promise<void>;
  note(receipts: readonly JsonObject[]): void;
  shut(): Promise<void>;
}

/** Whether an effect in this state, or without a row, still waits for its act. */
export function isOpen(state: EffectState | undefined): boolean {
  return state === undefined || state === 'planned' || state === 'claimed';
}
