const LAST_CHARS_MIN = 20; // a last column that is cut shorter says nothing

/** Cuts a line to a width; what is cut is marked. */
export function fitted(line: string, width: number | undefined): string {
  return width === undefined || line.length <= width ? line : `${line.slice(0, Math.max(width - 1, 1))}\u2026`;
}

/**
 * Lines of a table: columns as wide as their widest cell, two spaces apart; the last column is not padded.
 *
 * @param width - of the screen: the last column is cut there. Left out (a file, a pipe), nothing is cut.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width?: number,
): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const before = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  const last = width === undefined ? undefined : Math.max(width - before, LAST_CHARS_MIN);
  return all.map((row) =>
    row
      .map((cell, column) => (column === head.length - 1 ? fitted(cell, last) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}

/** A section: its head and indented lines; nothing where there are none. */
export function section(head: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', head, ...lines.map((line) => `  ${line}`)];
}

/** `2026-05-04 14:20 UTC` of an ISO 8601 instant. */
export function shortTime(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}

/** A step's error with its code, once: messages of our own begin with it already. */
export function errorText({ code, message }: { readonly code: string; readonly message: string }): string {
  return message.startsWith(`[${code}]`) ? message : `[${code}] ${message}`;
}
