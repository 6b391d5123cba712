import { SCRUBBED, scrubTokens } from '../contracts/token-shapes.ts';

const SHORTEST = 8; // shorter values would be found inside ordinary words
const URL_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:([^/@\s]+)@/i;

/**
 * Takes credentials out of texts by their value: everything shaped like a token, and the exact secrets that this process
 * has read. One for a process; every log line, failure and problem document goes through it.
 */
export class Scrubber {
  readonly #values = new Set<string>();

  /** Remembers a secret; of a URL only its password, since the rest is needed to find the fault. */
  learn(secret: string): void {
    const value = URL_PASSWORD.exec(secret)?.[1] ?? (secret.includes('://') ? '' : secret);
    if (value.length >= SHORTEST) this.#values.add(value);
  }

  /** @returns the text without credentials; the very same text where there is none. */
  scrub(text: string): string {
    let scrubbed = scrubTokens(text);
    for (const value of this.#values) if (scrubbed.includes(value)) scrubbed = scrubbed.replaceAll(value, SCRUBBED);
    return scrubbed;
  }
}
