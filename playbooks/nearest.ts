const EDITS_MAX = 4; // a typing error is not farther away; it also bounds the work of comparing

/**
 * ` (did you mean ...?)` for the nearest known name, or nothing.
 *
 * @param name - as written; compared without regard to case.
 */
export function nearest(name: string, known: Iterable<string>): string {
  const written = name.slice(0, 80).toLowerCase();
  const farthest = Math.max(2, Math.min(EDITS_MAX, Math.floor(written.length / 3)));
  let best: string | undefined;
  let least = farthest + 1;
  for (const one of known) {
    if (Math.abs(one.length - written.length) > farthest) continue;
    const away = distance(written, one.toLowerCase(), least);
    if (away < least) [best, least] = [one, away];
  }
  return best === undefined ? '' : ` (did you mean \`${best}\`?)`;
}

/** Levenshtein distance; `enough` stands for everything that is not less. */
function distance(left: string, right: string, enough: number): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const changed = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, changed));
    }
    if (Math.min(...next) >= enough) return enough;
    row = next;
  }
  return row[right.length]!;
}
