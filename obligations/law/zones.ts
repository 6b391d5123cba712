import { CodedError } from '../../contracts/errors.ts';

/** A day of a calendar. */
export interface LocalDay {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

/** What a clock on the wall shows. */
export interface LocalTime extends LocalDay {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
const KEPT_FROM_MS = Date.UTC(1973, 0, 1);
const KEPT_MAX = 5000; // offsets a zone
const offsets = new Map<string, Map<number, number>>();
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  try {
    const format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
    return format;
  } catch (cause) {
    throw new CodedError('LAW_ZONE_MISSING', `"${zone.slice(0, 40)}" is no time zone of the IANA database`, { cause });
  }
}

/** Whether a text names a time zone of the IANA database. A bare offset is none: it knows no change of clocks. */
export function isZone(zone: unknown): zone is string {
  if (typeof zone !== 'string' || !/^[A-Za-z]/.test(zone)) return false;
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** What the clock on the wall shows in a zone. @throws LAW_ZONE_MISSING */
export function localOf(ms: number, zone: string): LocalTime {
  const shown = new Date(ms + offsetMs(ms, zone));
  return {
    ...{ year: shown.getUTCFullYear(), month: shown.getUTCMonth() + 1, day: shown.getUTCDate() },
    ...{ hour: shown.getUTCHours(), minute: shown.getUTCMinutes(), second: shown.getUTCSeconds() },
  };
}

function askIntl(ms: number, zone: string): LocalTime {
  const local: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(ms)) local[type] = Number(value);
  const { year, month, day, hour, minute, second } = local as Record<keyof LocalTime, number>;
  return { year, month, day, hour, minute, second };
}

/** Days since 1 January 1970 of a calendar day; out-of-range days roll over (32 January is 1 February). */
export function dayNumber({ year, month, day }: LocalDay): number {
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

/** The calendar day of a day number. */
export function dayOf(number: number): LocalDay {
  const date = new Date(number * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** 1 Monday to 7 Sunday. */
export function weekdayOf(number: number): number {
  return ((((number + 3) % 7) + 7) % 7) + 1;
}

/** `2026-03-01` of a day number. */
export function dayText(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}

function asUtcMs({ year, month, day, hour, minute, second }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * How far a zone's clocks are ahead of UTC at an instant, in milliseconds. Asking Intl is slow, so answers are kept by
 * quarter of an hour: since 1973 no zone has changed its clocks between two of them.
 */
function offsetMs(ms: number, zone: string): number {
  const exact = (): number => asUtcMs(askIntl(ms, zone)) - Math.floor(ms / SECOND_MS) * SECOND_MS;
  if (ms < KEPT_FROM_MS) return exact();
  const kept = offsets.get(zone) ?? new Map<number, number>();
  offsets.set(zone, kept);
  const quarter = Math.floor(ms / QUARTER_MS);
  const known = kept.get(quarter);
  if (known !== undefined) return known;
  if (kept.size >= KEPT_MAX) kept.clear();
  const offset = exact();
  kept.set(quarter, offset);
  return offset;
}

/**
 * The instant at which a clock on the wall shows a time.
 *
 * Where it shows it twice (end of summer time) the earlier is taken, since a deadline must not be read too late; where it
 * never shows it (start of summer time) the instant that lies as far behind the jump.
 *
 * @throws LAW_ZONE_MISSING
 */
export function instantOfLocal(local: LocalTime, zone: string): number {
  const guess = asUtcMs(local);
  const before = offsetMs(guess - DAY_MS, zone);
  const after = offsetMs(guess + DAY_MS, zone);
  const fitting = [guess - before, guess - after].filter((ms) => asUtcMs(localOf(ms, zone)) === guess);
  return fitting.length > 0 ? Math.min(...fitting) : guess - before;
}

/** An instant with the offset of a zone, such as `2026-10-26T13:20:00+01:00`; whole seconds. */
export function zonedText(ms: number, zone: string): string {
  const offset = offsetMs(ms, zone) / 60_000;
  const pad = (value: number): string => String(Math.trunc(Math.abs(value))).padStart(2, '0');
  const local = new Date(Math.floor(ms / SECOND_MS) * SECOND_MS + offset * 60_000).toISOString().slice(0, 19);
  return `${local}${offset < 0 ? '-' : '+'}${pad(offset / 60)}:${pad(offset % 60)}`;
}
