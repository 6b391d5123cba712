const DURATION = /^P(?=.)(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?$/;
const UNIT_MS = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000] as const; // week, day, hour, minute, second

/** Pattern of a duration, for JSON Schemas. */
export const DURATION_PATTERN = DURATION.source;

/**
 * Milliseconds of an ISO 8601 duration, `undefined` for a text that is none. It needs nothing, so that workflows can use it
 * without carrying the error registry; elsewhere `durationMs` of duration.ts refuses with a code.
 *
 * @source ISO 8601-1:2019 5.5.2
 */
export function durationTextMs(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (!match) return undefined;
  return UNIT_MS.reduce((sum, unitMs, index) => sum + Number(match[index + 1] ?? 0) * unitMs, 0);
}
