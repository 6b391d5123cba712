/**
 * `; did you mean ...?` for the nearest known name, or nothing.
 *
 * @param name - as written; compared without regard to case.
 */
export function nearest(name: string, known: Iterable<string>): string {
  const written = name.slice(0, 80).toLowerCase();
  const farthest = Math.max(2, Math.floor(written.length / 3));
  let best: string | undefined;
  let least = farthest + 1;
  for (const one of known) {
    if (Math.abs(one.length - written.length) > farthest) continue;
    const away = distance(written, one.toLowerCase());
    if (away < least) [best, least] = [one, away];
  }
  return best === undefined ? '' : `; did you mean \`${best}\`?`;
}

/** Levenshtein distance. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[right.length]!;
}
