import { CodedError } from '../contracts/errors.ts';
import { instantTextMs } from '../contracts/instant-text.ts';
import { isJsonObject, type Json } from '../contracts/json.ts';

const HOUR_MS = 3_600_000;
const ZONED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Milliseconds since 1970 of an instant.
 *
 * @throws OBLIGATION_INSTANT_INVALID for a text without time zone, or none of the calendar.
 */
export function instantMs(instant: string): number {
  const ms = ZONED.test(instant) ? Date.parse(instant) : NaN;
  if (Number.isNaN(ms))
    throw new CodedError('OBLIGATION_INSTANT_INVALID', `"${instant.slice(0, 40)}" is not an instant`);
  return ms;
}

/** An instant so many hours later: elapsed time, so no zone and no change of clocks enters. */
export function hoursLater(instant: string, hours: number): string {
  return new Date(instantMs(instant) + hours * HOUR_MS).toISOString();
}

/** The earlier of two instants. */
export function earlier(left: string, right: string): string {
  return instantMs(left) <= instantMs(right) ? left : right;
}

/**
 * The earliest instant that a value of kind `when` allows.
 *
 * @returns `undefined` where it says unknown, or is no `when`: a value that nobody can read must not stop the clocks of
 *   every duty, and what is not said counts from the earliest plausible instant.
 */
export function earliestOf(when: Json | undefined): string | undefined {
  if (!isJsonObject(when)) return undefined;
  const instant = when['at'] ?? when['from'];
  const ms = typeof instant === 'string' ? instantTextMs(instant) : undefined;
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
