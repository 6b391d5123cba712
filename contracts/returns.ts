import type { EffectClass, EffectState } from './effects.ts';

/** Bodies and answers of what comes back and what was left: bounces, holds, claims of ended runs. */

/** `POST /v1/bounces`: what a report did. */
export interface BounceAnswer {
  readonly incident: string;
  /** `failed`, `complained`, `delayed` (which moves nothing), or `repeated`: it had come back before. */
  readonly action: 'failed' | 'complained' | 'delayed' | 'repeated';
  /** RFC 3463 status; '' where there is none. */
  readonly status: string;
}

/** Claims of one ended run that became `unknown`. */
export interface EndedRun {
  readonly incident: string;
  /** `<step>#<visit>`. */
  readonly step: string;
  readonly action: string;
  readonly class: EffectClass;
  readonly settled: number;
}

/** `POST /v1/reconcile`: what a pass settled. */
export interface ReconcileReport {
  readonly settled: readonly EndedRun[];
  /** Claims that were left: their run, or their request, may still act. */
  readonly open: number;
}

/** `POST /v1/incidents/:id/holds`. */
export interface HoldBody {
  /** `everyone`, `people`, `controllers`, `locale:de` or `person:<subject>`. */
  readonly audience: string;
  /** Legal basis, in words. */
  readonly basis: string;
  /** ISO 8601 instant at which it runs out. */
  readonly until?: string;
}

/** `POST /v1/incidents/:id/holds/:hold/lift`. */
export interface LiftBody {
  readonly reason: string;
}

/** A notice that had gone out, or was under way, to somebody a hold covers. */
export interface GoneOut {
  /** Subject of the notice: notice, round, person. */
  readonly subject: string;
  readonly state: EffectState;
  readonly at?: string;
}

/** A hold: people who must not be told, on what basis, until when; as the ledger keeps it and counsel sees it. */
export interface HoldView {
  readonly id: string;
  /** See `holds.ts`. */
  readonly audience: string;
  readonly by: string;
  /** Legal basis, in words. */
  readonly basis: string;
  readonly at: string;
  /** It runs out then; absent: only when it is lifted. */
  readonly until?: string;
  readonly liftedAt?: string;
  readonly liftedBy?: string;
  readonly reason?: string;
  /** Neither lifted nor run out, by the database's clock. */
  readonly active: boolean;
}

/** Answer to a placed hold, and each entry of the list: the hold, and what had gone out to whom it covers. */
export interface HoldReport {
  readonly hold: HoldView;
  /** How many notices had gone out, by state. */
  readonly counts: Readonly<Record<string, number>>;
  /** The first thousand of them. */
  readonly goneOut: readonly GoneOut[];
}
