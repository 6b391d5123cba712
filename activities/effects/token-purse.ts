import type { EffectStore, TokenRate } from '../../ledger/ports.ts';

/** Tokens are taken for this much work at a time, so that a provider's Retry-After reaches every worker this soon. */
const PURSE_MS = 250;

/** Rate of a bucket without a limit of its own: it exists so that a block by one worker is seen by all. */
export const unlimited: TokenRate = { ratePerSecond: 100_000, capacity: 100_000 };

/**
 * A rate that never lets more than `max` through in any window: half at once, the other half over the window.
 *
 * @param max - targets or requests a window.
 * @param windowSeconds - 60 or 3,600.
 */
export function rateOf(max: number, windowSeconds: number): TokenRate {
  return { ratePerSecond: Math.max(max / 2, 0.5) / windowSeconds, capacity: Math.max(1, Math.floor(max / 2)) };
}

/** A rate without bursts: a second's worth at most at a time. @param perMinute - at least 1. */
export function evenRate(perMinute: number): TokenRate {
  return { ratePerSecond: perMinute / 60, capacity: Math.max(1, Math.ceil(perMinute / 60)) };
}

/** Takes tokens of one shared bucket on behalf of the slots of a page. */
export class TokenPurse {
  readonly #effects: EffectStore;
  readonly #bucket: string;
  readonly #rate: TokenRate | undefined;
  #tokens = 0;
  #staleAt = 0;
  #refilling: Promise<number> | undefined;

  /** @param rate - `undefined`: only what people ask for while it runs holds it back. */
  constructor(effects: EffectStore, bucket: string, rate: TokenRate | undefined) {
    this.#effects = effects;
    this.#bucket = bucket;
    this.#rate = rate;
  }

  /** Takes up to `wanted` tokens. @returns at least one; or none, with the milliseconds to wait before asking again. */
  async takeUpTo(wanted: number): Promise<{ readonly granted: number; readonly waitMs: number }> {
    for (;;) {
      if (performance.now() > this.#staleAt) this.#tokens = 0;
      if (this.#tokens > 0) {
        const granted = Math.min(wanted, this.#tokens);
        this.#tokens -= granted;
        return { granted, waitMs: 0 };
      }
      this.#refilling ??= this.#refill(wanted).finally(() => (this.#refilling = undefined));
      const waitMs = await this.#refilling;
      if (waitMs > 0) return { granted: 0, waitMs };
    }
  }

  /** Puts tokens back that were not used; they are gone with what else is not used in time. */
  giveBack(tokens: number): void {
    this.#tokens += tokens;
  }

  /** The provider asked us to be quiet: nobody of any worker takes tokens before then. */
  async block(forMs: number): Promise<void> {
    this.#tokens = 0;
    await this.#effects.blockBucket(this.#bucket, forMs);
  }

  /** @returns 0 when tokens were granted, else how long to wait. */
  async #refill(wanted: number): Promise<number> {
    const { ratePerSecond } = this.#rate ?? unlimited;
    const work = Math.max(wanted, Math.ceil((ratePerSecond * PURSE_MS) / 1_000));
    const { granted, waitMs } = await this.#effects.takeTokens(this.#bucket, work, this.#rate);
    this.#tokens = granted;
    this.#staleAt = performance.now() + PURSE_MS;
    return granted > 0 ? 0 : Math.max(1, Math.ceil(waitMs));
  }
}
