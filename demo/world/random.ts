/** A seeded source of numbers: the demo's world must be the same for the same seed. */
export interface SeededRandom {
  /** Uniform in [0, 1). */
  next(): number;
  /** Integer in [0, below). */
  below(below: number): number;
  /** One entry of a non-empty list. */
  pick<Entry>(entries: readonly Entry[]): Entry;
  /** Letters and digits. */
  text(length: number): string;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/**
 * Makes a seeded source (mulberry32: 32 bits of state, enough for data, never for secrets).
 *
 * @param seed - any integer.
 */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (entries) => entries[below(entries.length)]!,
    text: (length) => Array.from({ length }, () => ALPHABET[below(ALPHABET.length)]!).join(''),
  };
}
