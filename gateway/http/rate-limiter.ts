import { CodedError } from '../../contracts/errors.ts';
import type { Rate } from '../deps.ts';

const CALLERS_MAX = 10_000; // callers remembered; beyond that those with a full bucket are forgotten

interface Bucket {
  tokens: number;
  atMs: number;
}

/** What a caller may still ask. */
export interface Allowance {
  /** Requests that would be let through now. */
  readonly remaining: number;
  /** Until the bucket is full again, in whole seconds. */
  readonly fullInS: number;
  readonly rate: Rate;
}

/** Token buckets in memory, one a caller: one gateway's share of the protection, not an exact count over many. */
export class RateLimiter {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /**
   * Takes one request of a caller.
   *
   * @param nowMs - a clock that does not go back, in milliseconds.
   * @throws GATEWAY_RATE_LIMITED with the time after which one more is allowed.
   */
  take(caller: string, nowMs: number): void {
    const { perSecond, burst } = this.#rate;
    const bucket = this.#buckets.get(caller) ?? { tokens: burst, atMs: nowMs };
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * perSecond);
    bucket.atMs = nowMs;
    this.#buckets.set(caller, bucket);
    if (this.#buckets.size > CALLERS_MAX) this.#forget(nowMs);
    if (bucket.tokens < 1) {
      const retryAfterMs = Math.ceil(((1 - bucket.tokens) / perSecond) * 1_000);
      throw new CodedError('GATEWAY_RATE_LIMITED', `more than ${perSecond} requests a second`, { retryAfterMs });
    }
    bucket.tokens -= 1;
  }

  /** What a caller may still ask, after {@link RateLimiter.take}. */
  allowance(caller: string, nowMs: number): Allowance {
    const { perSecond, burst } = this.#rate;
    const { tokens, atMs } = this.#buckets.get(caller) ?? { tokens: burst, atMs: nowMs };
    const now = Math.min(burst, tokens + ((nowMs - atMs) / 1_000) * perSecond);
    return { remaining: Math.floor(now), fullInS: Math.ceil((burst - now) / perSecond), rate: this.#rate };
  }

  #forget(nowMs: number): void {
    const { perSecond, burst } = this.#rate;
    for (const [caller, { tokens, atMs }] of this.#buckets)
      if (tokens + ((nowMs - atMs) / 1_000) * perSecond >= burst) this.#buckets.delete(caller);
  }
}
