import { isWorkingDay, type WorkingCalendar } from './calendar.ts';
import { dayNumber, dayOf, instantOfLocal, localOf, type LocalDay } from './zones.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const NOON = { hour: 12, minute: 0, second: 0 };

/** Time of day at which a period in days ends: the last second, so that the instant lies inside it. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const endOfDay: TimeOfDay = { hour: 23, minute: 59, second: 59 };

/** A time of day from `17:30`; without one, the end of the day. */
export function timeOfDay(text: string | undefined): TimeOfDay {
  if (text === undefined) return endOfDay;
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  return { hour, minute, second: 0 };
}

/** So many hours later: elapsed time, so no zone enters and no change of clocks. */
export function hoursAfter(startMs: number, hours: number): number {
  return startMs + hours * HOUR_MS;
}

/**
 * The end of the n-th calendar day after the day of the event, which does not count.
 *
 * @param zone - zone of the authority or company; `undefined`: not known, so the earliest end that any zone could have
 *   (a day is at least 23 hours long).
 * @source Regulation (EEC, Euratom) No 1182/71 Art. 3(1) and (2)
 */
export function daysAfter(
  startMs: number,
  days: number,
  zone: string | undefined,
  until: TimeOfDay = endOfDay,
): number {
  if (zone === undefined) return startMs + days * DAY_MS - HOUR_MS;
  return at(dayNumber(localOf(startMs, zone)) + days, zone, until);
}

/** The same date and time n months later, or the last day of a month that is too short. @source Art. 3(2) of the same */
export function monthsAfter(startMs: number, months: number, zone: string | undefined): number {
  const where = zone ?? 'UTC';
  const local = localOf(startMs, where);
  const month = local.month + months;
  const first = dayNumber({ year: local.year, month, day: 1 });
  const last = dayNumber({ year: local.year, month: month + 1, day: 0 });
  const due = instantOfLocal({ ...local, ...dayOf(Math.min(first + local.day - 1, last)) }, where);
  return due + (startMs % 1000);
}

/**
 * The end of the n-th working day after the event. An event on a day without work counts as of the day before the next
 * working day: that one is the first.
 *
 * @param zone - where days begin and end; absent: as the calendar says.
 * @throws LAW_CALENDAR_RANGE
 * @source Form 8-K General Instruction B.1
 */
export function businessDaysAfter(
  startMs: number,
  days: number,
  calendar: WorkingCalendar,
  until: TimeOfDay = endOfDay,
  zone: string = calendar.zone,
): number {
  let number = dayNumber(localOf(startMs, zone));
  for (let left = days; left > 0;) {
    number += 1;
    if (isWorkingDay(calendar, number)) left -= 1;
  }
  return at(number, zone, until);
}

/** Noon of the next working day where an instant falls on a day without work; else the instant. @source RTS (EU) 2025/301 Art. 5(4) */
export function noonOfNextWorkingDay(ms: number, calendar: WorkingCalendar): number {
  const day = dayNumber(localOf(ms, calendar.zone));
  let number = day;
  while (!isWorkingDay(calendar, number)) number += 1;
  return number === day ? ms : at(number, calendar.zone, NOON);
}

/** The end of the n-th day after the last day of the year of an instant. */
export function daysAfterYearEnd(startMs: number, days: number, zone: string | undefined): number {
  const { year } = localOf(startMs, zone ?? 'UTC');
  const number = dayNumber({ year: year + 1, month: 1, day: 0 }) + days;
  // The earliest end of a day on earth, where nobody knows the zone: 14 hours ahead of UTC.
  return zone === undefined ? number * DAY_MS + 10 * HOUR_MS - 1000 : at(number, zone, endOfDay);
}

/**
 * The reading of a limit in hours under which the hour of the event does not count and two whole working days must lie
 * inside. Contested, and for information only: no clock may use it.
 *
 * @param calendar - working days; without one only weekends are left out.
 * @source Regulation (EEC, Euratom) No 1182/71 Art. 3(1) and (5)
 */
export function art3Due(startMs: number, hours: number, zone: string, calendar?: WorkingCalendar): number {
  const from = Math.ceil(startMs / HOUR_MS) * HOUR_MS;
  const due = hoursAfter(from, hours);
  if (hours < 48) return due;
  const first = dayNumber(localOf(from, zone)) + (isMidnight(from, zone) ? 0 : 1);
  let number = first;
  for (let whole = 0; ; number += 1) {
    if (isOpen(number, calendar)) whole += 1;
    if (whole === 2) break;
  }
  return Math.max(due, at(number, zone, endOfDay));
}

function isMidnight(ms: number, zone: string): boolean {
  const { hour, minute } = localOf(ms, zone);
  return hour === 0 && minute === 0;
}

function isOpen(number: number, calendar: WorkingCalendar | undefined): boolean {
  return calendar ? isWorkingDay(calendar, number) : (((number + 3) % 7) + 7) % 7 < 5;
}

function at(number: number, zone: string, time: TimeOfDay): number {
  const day: LocalDay = dayOf(number);
  return instantOfLocal({ ...day, ...time }, zone);
}
