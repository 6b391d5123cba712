/**
 * A send that starts later than this after its claim was asked for reads the lease first. It must stay below the heartbeat
 * timeout: no other attempt can begin before that is over, so a younger claim cannot have been overtaken.
 */
export const CLAIM_FRESH_MS = 1_000;

/** A moment by both clocks. */
export interface Instant {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Now, by both clocks. */
export function instant(): Instant {
  return { wallMs: Date.now(), monotonicMs: performance.now() };
}

/** Age by the clock that ran further, in milliseconds: a stopped process must not look young after a step of the wall clock. */
export function ageMs(since: Instant): number {
  return Math.max(Date.now() - since.wallMs, performance.now() - since.monotonicMs);
}
