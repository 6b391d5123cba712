import type { Digest, IncidentId } from '../../contracts/ids.ts';
import type { EffectClass, EffectCounts, EffectState, Observation } from '../../contracts/effects.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** Whether a step visit may claim. */
export type PermitState = 'open' | 'stopped' | 'held';

/** What a permit's row says beside its state; each is absent until it was written. */
export interface PermitMarks {
  /** How many targets its gate showed. */
  readonly targets?: number;
  /** Digest of the gate whose decisions were proven; writing it takes a ceiling away. */
  readonly proven?: Digest;
  /** Only positions before this one may be claimed. */
  readonly ceiling?: number;
  /** Digest of the question that its rollout holds at. */
  readonly hold?: Digest;
  /** Digest of the question whose decisions were proven. */
  readonly lifted?: Digest;
}

/** A permit as it stands. */
export interface PermitRow extends PermitMarks {
  readonly state: PermitState;
  readonly gate: Digest | undefined;
}

/** Who claims: a lease on one page with the epoch of its attempt, under a permit. */
export interface Lease {
  readonly id: string;
  /** Scheduled time of the activity attempt, milliseconds: grows with every attempt. */
  readonly epoch: number;
  readonly permit: string;
}

/** An act of one kind, with what its connector promises of it. */
export interface ClaimedEffect {
  readonly incident: IncidentId;
  readonly action: string;
  readonly class: EffectClass;
  readonly keyLifetimeMs?: number;
  readonly longestRequestMs: number;
}

/** What a claim asks for. */
export interface ClaimTarget {
  readonly subject: string;
  readonly paramsHash: Digest;
}

/** Answer of a claim. */
export interface ClaimAnswer {
  /** Whether lease and permit still let us act; when false nothing was claimed. */
  readonly open: boolean;
  readonly mine: readonly { readonly subject: string; readonly generation: number; readonly attempt: number }[];
  /** The others with their present state. */
  readonly others: readonly {
    readonly subject: string;
    readonly state: EffectState;
    /** Another lease holds it. */
    readonly elsewhere: boolean;
    /** With `elsewhere`: how long ago it was claimed there, milliseconds. */
    readonly heldMs?: number;
    readonly notBefore: string | undefined;
    readonly paramsChanged: boolean;
  }[];
}

/** A settled outcome on its way to the ledger. */
export interface Settlement {
  readonly subject: string;
  readonly generation: number;
  readonly attempt: number;
  readonly state: EffectState;
  readonly code?: string;
  readonly waitMs?: number;
  readonly receipt: JsonObject;
}

/** What an effect row says now. */
export interface EffectRow {
  readonly subject: string;
  readonly state: EffectState;
  readonly generation: number;
  readonly attempt: number;
  readonly settledAt: string | undefined;
  readonly code: string | undefined;
  /** Lease that claimed it last; the runner counts what a page used of its reservation by it. */
  readonly lease?: string | undefined;
}

/** How a token bucket fills. */
export interface TokenRate {
  readonly ratePerSecond: number;
  /** Most tokens it holds: the burst. */
  readonly capacity: number;
}

/** Effects, leases, permits, limits, buckets: the statements of facts/ledger. All arrays may be up to 500 long. */
export interface EffectStore {
  /**
   * Flips a permit; returns once no claim can succeed under what stood before.
   *
   * @param turn - number of the decision, growing: a flip whose turn is not above the one that stands changes nothing.
   *   Without it the flip always counts.
   * @param marks - what goes into the row with the flip; what is left out stays as it was.
   */
  setPermit(
    permit: string,
    incident: IncidentId,
    state: PermitState,
    gate?: Digest,
    turn?: number,
    marks?: PermitMarks,
  ): Promise<void>;
  readPermit(permit: string): Promise<PermitRow | undefined>;
  /** Takes the page for this attempt. @throws LEASE_LOST when a newer attempt has it. */
  takeLease(lease: Lease, incident: IncidentId): Promise<void>;
  /** Whether the lease is still ours and the permit open. */
  holdsLease(lease: Lease): Promise<boolean>;
  claim(lease: Lease, effect: ClaimedEffect, targets: readonly ClaimTarget[]): Promise<ClaimAnswer>;
  /**
   * At the start of an attempt: what older epochs and ended runs left claimed. Rows of a lease whose permit is not open any
   * more, or of an earlier visit of the step, come to this lease once the longest request is over; what the class does not
   * let be claimed again becomes `unknown`.
   *
   * @returns subjects that became `unknown`.
   */
  recover(lease: Lease, effect: ClaimedEffect, subjects: readonly string[]): Promise<readonly string[]>;
  settle(
    lease: Lease,
    effect: { readonly incident: IncidentId; readonly action: string },
    settlements: readonly Settlement[],
  ): Promise<void>;
  /**
   * Settles outcomes and claims other targets in one commit: both happen or neither, and the disk is waited for once.
   * A store without it is asked for the one, then for the other.
   */
  turn?(
    lease: Lease,
    effect: ClaimedEffect,
    settlements: readonly Settlement[],
    targets: readonly ClaimTarget[],
  ): Promise<ClaimAnswer>;
  /** Database time, to be read before a look begins. */
  now(): Promise<string>;
  /** Writes observation receipts and moves the acting rows (facts/engine item 15). Returns the rows moved. */
  observe(
    incident: IncidentId,
    action: string,
    effectDelayMaxMs: number,
    startedAt: string,
    observations: readonly (Observation & { readonly generation: number })[],
  ): Promise<readonly EffectRow[]>;
  /** A person's retry: the same rows, generation + 1. An attempt that reopens by itself gives a guard. */
  reopen(
    incident: IncidentId,
    action: string,
    subjects: readonly string[],
    guard?: ReopenGuard,
  ): Promise<readonly string[]>;
  /**
   * A person's retry of one step: every row in one of the states that a page of the step claimed last, whatever its
   * action; generation + 1.
   *
   * @returns how many.
   */
  reopenStep(incident: IncidentId, step: string, states: readonly EffectState[]): Promise<number>;
  /** Targets in one of the states that a page of the step claimed last, ordered, at most `limit`; and how many there are. */
  unsettled(
    incident: IncidentId,
    step: string,
    states: readonly EffectState[],
    limit: number,
  ): Promise<{ readonly total: number; readonly targets: readonly UnsettledTarget[] }>;
  /** Present rows of subjects; those without a row are absent. */
  states(incident: IncidentId, action: string, subjects: readonly string[]): Promise<readonly EffectRow[]>;
  /** Counts of an action over a whole incident. */
  counts(incident: IncidentId, action: string): Promise<EffectCounts>;
  /** Effects of an action that did not come through, by error code, over a whole incident. */
  codes(incident: IncidentId, action: string): Promise<Readonly<Record<string, number>>>;
  /** Subjects of an action in any of the states. */
  subjects(
    incident: IncidentId,
    action: string,
    states: readonly EffectState[],
    limit: number,
  ): Promise<readonly string[]>;
  /**
   * Receipts that attempts of this page left, up to this one, after the last that wrote its summary: as summaries hold them,
   * oldest first.
   */
  unsummarised(
    lease: Lease,
    effect: { readonly incident: IncidentId; readonly action: string },
    subjects: readonly string[],
  ): Promise<readonly JsonObject[]>;
  /** Receipts of one effect, oldest first. */
  receipts(
    incident: IncidentId,
    action: string,
    subject: string,
  ): Promise<
    readonly { readonly at: string; readonly kind: string; readonly state: string; readonly body: JsonObject }[]
  >;
  /**
   * Reserves up to `wanted` under the action's limit, one reservation a lease; the number granted, `wanted` where the
   * action has no limit. Asked again it moves the same reservation: fewer gives the rest back, more takes what is left.
   */
  reserve(lease: Lease, incident: IncidentId, action: string, wanted: number): Promise<number>;
  /** Sets how many an action may act on in this incident. */
  setLimit(incident: IncidentId, action: string, max: number): Promise<void>;
  /**
   * Takes up to `wanted` tokens of a bucket that all workers share, at the stricter of `rate` and what people asked for.
   * Without either everything is granted.
   */
  takeTokens(
    bucket: string,
    wanted: number,
    rate: TokenRate | undefined,
  ): Promise<{ readonly granted: number; readonly waitMs: number }>;
  /** Sets the rate that people ask for while work is under way; `undefined` lifts it. */
  askRate(bucket: string, rate: TokenRate | undefined): Promise<void>;
  /** Retry-After of a provider: nobody takes tokens before then. */
  blockBucket(bucket: string, forMs: number): Promise<void>;
}

/** What must hold for an attempt to reopen a row by itself. */
export interface ReopenGuard {
  /** Still the newest of its page, under a permit that is open. */
  readonly lease: Lease;
  /** Generation that was read; another one is no longer what was judged. */
  readonly generation: number;
  /** Epoch before which the row was claimed last, milliseconds. */
  readonly claimedBefore?: number;
}

/** A target that did not come through. */
export interface UnsettledTarget {
  readonly action: string;
  readonly subject: string;
  readonly state: EffectState;
  readonly generation: number;
  readonly code: string | undefined;
}

/** What one page of a rollout came to. */
export interface PageNote {
  readonly incident: IncidentId;
  readonly step: string;
  readonly visit: number;
  readonly action: string;
  readonly dataset: string;
  /** Targets of the whole rollout. */
  readonly targets: number;
  readonly page: number;
  readonly counts: EffectCounts;
  readonly left: number;
  readonly reasons: Readonly<Record<string, number>>;
}

/** A rollout as its pages tell it. */
export interface RolloutRow {
  readonly step: string;
  readonly visit: number;
  readonly action: string;
  readonly targets: number;
  /** Targets that are settled or given up. */
  readonly done: number;
  readonly counts: EffectCounts;
  /** Why others are not, by error code. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly permit: 'open' | 'stopped' | 'held';
  readonly startedAt: string;
  /** When a page last answered. */
  readonly answeredAt: string;
  /** Targets settled in the last minute, as a rate. */
  readonly perMinute: number;
}

/** Progress of rollouts: written by pages, read by doors; the engine's history is not touched. */
export interface RolloutStore {
  /** Notes a page's answer; a repeat of the page replaces it. */
  note(note: PageNote): Promise<void>;
  /** Rollouts of an incident that have run a page, in the order they started. */
  list(incident: IncidentId): Promise<readonly RolloutRow[]>;
}
