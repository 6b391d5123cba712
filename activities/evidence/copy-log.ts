import type { EvidenceSource } from './port.ts';

/** How much one copy may take. */
export interface CopyLimits {
  readonly bytes: number;
  readonly pages: number;
  /** Wall time, in milliseconds. */
  readonly withinMs: number;
}

/** A copy of a log's window. */
export interface LogCopy {
  /** JSON Lines, one entry a line, as the source gave them. */
  readonly body: Uint8Array;
  readonly items: number;
  /** A limit ended the copy before the source did. */
  readonly isTruncated: boolean;
}

/** Half an activity's timeout, a size that a database row takes well, and more pages than such a size holds. */
export const COPY_LIMITS: CopyLimits = { bytes: 16 * 1024 * 1024, pages: 2_000, withinMs: 30_000 };

/**
 * Copies the entries of a source since an instant, within limits.
 *
 * @param since - ISO 8601 UTC.
 * @throws what the source throws.
 */
export async function copyLog(
  source: EvidenceSource,
  since: string,
  limits: CopyLimits = COPY_LIMITS,
): Promise<LogCopy> {
  const startedAt = performance.now();
  const lines: string[] = [];
  let bytes = 0;
  let cursor: string | undefined;
  for (let page = 0; page < limits.pages; page += 1) {
    const { entries, next } = await source.read(since, cursor);
    for (const entry of entries) {
      const line = `${JSON.stringify(entry)}\n`;
      bytes += Buffer.byteLength(line);
      if (bytes > limits.bytes) return copyOf(lines, true);
      lines.push(line);
    }
    cursor = next;
    if (cursor === undefined) return copyOf(lines, false);
    if (performance.now() - startedAt > limits.withinMs) break;
  }
  return copyOf(lines, true);
}

function copyOf(lines: readonly string[], isTruncated: boolean): LogCopy {
  return { body: Buffer.from(lines.join('')), items: lines.length, isTruncated };
}
