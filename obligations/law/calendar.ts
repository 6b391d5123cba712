import { CodedError } from '../../contracts/errors.ts';
import { isJsonObject } from '../../contracts/json.ts';
import { dayText, isZone, weekdayOf } from './zones.ts';

/** Days on which an authority or a country does not work. */
export interface WorkingCalendar {
  readonly id: string;
  readonly title: string;
  /** IANA zone in which its days begin and end. */
  readonly zone: string;
  /** Where the days were taken from, in the notation of records (`F:S12`, `M`). */
  readonly source: string;
  /** First and last day that it knows, inclusive. */
  readonly from: string;
  readonly to: string;
  /** Weekdays without work, 1 Monday to 7 Sunday. */
  readonly weekend: readonly number[];
  readonly closed: ReadonlyMap<string, string>;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Checks a calendar's parsed file.
 *
 * @param file - for messages.
 * @throws LAW_RECORD_INVALID
 */
export function parseCalendar(file: string, value: unknown): WorkingCalendar {
  const refuse = (why: string): never => {
    throw new CodedError('LAW_RECORD_INVALID', `${file}: ${why}`);
  };
  if (!isJsonObject(value)) return refuse('it is not an object');
  const { id, title, zone, source, from, to, weekend, closed } = value;
  if (typeof id !== 'string' || typeof title !== 'string') return refuse('id and title are texts');
  if (!isZone(zone)) return refuse('zone is a time zone of the IANA database');
  if (typeof source !== 'string' || source === '') return refuse('source is missing');
  if (typeof from !== 'string' || typeof to !== 'string' || !DATE.test(from) || !DATE.test(to) || to < from)
    return refuse('from and to are dates');
  if (!Array.isArray(weekend) || !isJsonObject(closed)) return refuse('weekend is a list, closed maps dates to names');
  for (const date of Object.keys(closed))
    if (!DATE.test(date) || date < from || date > to) return refuse(`closed: ${date} is no date of its range`);
  return {
    ...{ id, title, zone, source, from, to },
    weekend: weekend as readonly number[],
    closed: new Map(Object.entries(closed) as [string, string][]),
  };
}

/**
 * Whether people work on a day.
 *
 * @param number - day number ({@link dayText}).
 * @throws LAW_CALENDAR_RANGE for a day that the calendar does not know: it is never guessed.
 */
export function isWorkingDay(calendar: WorkingCalendar, number: number): boolean {
  const date = dayText(number);
  if (date < calendar.from || date > calendar.to)
    throw new CodedError(
      'LAW_CALENDAR_RANGE',
      `${date} lies outside ${calendar.id}, which knows ${calendar.from} to ${calendar.to}`,
      { details: { calendar: calendar.id, date } },
    );
  return !calendar.weekend.includes(weekdayOf(number)) && !calendar.closed.has(date);
}

/** A calendar with more days closed, such as those of an executive order that no table could know. */
export function withClosures(calendar: WorkingCalendar, dates: readonly string[]): WorkingCalendar {
  return { ...calendar, closed: new Map([...calendar.closed, ...dates.map((date) => [date, 'as told'] as const)]) };
}
