/** Lines of a table: columns as wide as their widest cell, two spaces apart; the last column is not padded. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!)))
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
