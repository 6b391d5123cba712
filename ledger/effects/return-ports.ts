import type { EffectClass, EffectState } from '../../contracts/effects.ts';
import type { IncidentId } from '../../contracts/ids.ts';

/** An effect found by its id. */
export interface FoundEffect {
  readonly incident: IncidentId;
  readonly action: string;
  readonly subject: string;
  readonly state: EffectState;
  readonly generation: number;
}

/** Claims of one lease that have stood without an outcome for longer than a request takes. */
export interface EndedClaim {
  readonly incident: IncidentId;
  readonly action: string;
  readonly lease: string;
  /** Permit of the lease: `<incident>/<step>#<visit>`. */
  readonly permit: string;
  readonly claims: number;
}

/** What comes back after its run: reports on single effects, and claims that were left without an outcome. */
export interface ReturnStore {
  /** The effect of an id (32 hex digits), of whatever incident; what a mail's envelope sender names. */
  find(id: string): Promise<FoundEffect | undefined>;
  /** Claims of every incident that have been open for that long, by lease and action. */
  openClaims(olderThanMs: number): Promise<readonly EndedClaim[]>;
  /**
   * Settles the claims of a lease whose run is over as `unknown`, each with a receipt, and records it in the journal, all in
   * one commit. The lease is shut in it, so that no attempt that still breathes claims anything more; a late answer of such
   * an attempt still counts.
   *
   * @param how - `olderThanMs`: longest time a request of the action may stay open; younger claims are left.
   * @returns how many were settled.
   */
  settleEnded(
    claim: Pick<EndedClaim, 'incident' | 'action' | 'lease'>,
    how: { readonly olderThanMs: number; readonly class: EffectClass },
  ): Promise<number>;
}
