const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** A day of a duration is 24 hours: playbooks count elapsed time, calendars belong to obligations. */
export const DAY_MS = 24 * HOUR_MS;

/**
 * Milliseconds of an ISO 8601 duration of days, hours, minutes and seconds.
 *
 * @returns `undefined` for a text that is none; the compiler has refused those.
 */
export function durationMs(text: string): number | undefined {
  const parts = DURATION.exec(text);
  if (!parts) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return days * DAY_MS + hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS;
}
