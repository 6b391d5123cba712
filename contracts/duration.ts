import { CodedError } from './errors.ts';

const DURATION = /^P(?=.)(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?$/;
/** Pattern of a duration, for JSON Schemas. */
export const DURATION_PATTERN = DURATION.source;
const UNIT_MS = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000] as const; // week, day, hour, minute, second

/**
 * Milliseconds of an ISO 8601 duration. Days are 24 hours; months and years are refused, since their length varies.
 *
 * @param text - e.g. `PT72H`, `P14D`, `P1DT12H`.
 * @throws DURATION_INVALID
 * @source ISO 8601-1:2019 5.5.2
 */
export function durationMs(text: string): number {
  const match = DURATION.exec(text);
  if (!match) throw new CodedError('DURATION_INVALID', `"${text.slice(0, 40)}" is not a duration`);
  return UNIT_MS.reduce((sum, unitMs, index) => sum + Number(match[index + 1] ?? 0) * unitMs, 0);
}
