const NEUTRAL = /^[A-Za-z][A-Za-z-]{0,31}$/; // no digits, no underscores: nothing that is shaped like a secret or an address

/** A word of a request as an error may repeat it: only what is plainly a name, otherwise `otherwise`. */
export function shown(word: string, otherwise: string): string {
  return NEUTRAL.test(word) ? `\`${word}\`` : otherwise;
}
