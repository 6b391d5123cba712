import { CodedError } from './errors.ts';
import { durationTextMs } from './duration-text.ts';

/**
 * Milliseconds of an ISO 8601 duration. Days are 24 hours; months and years are refused, since their length varies.
 *
 * @param text - e.g. `PT72H`, `P14D`, `P1DT12H`.
 * @throws DURATION_INVALID
 * @source ISO 8601-1:2019 5.5.2
 */
export function durationMs(text: string): number {
  const lengthMs = durationTextMs(text);
  if (lengthMs === undefined) throw new CodedError('DURATION_INVALID', `"${text.slice(0, 40)}" is not a duration`);
  return lengthMs;
}
