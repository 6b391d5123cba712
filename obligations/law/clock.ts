import { isCodedError, errorEntry } from '../../contracts/errors.ts';
import { withClosures, type WorkingCalendar } from './calendar.ts';
import { momentOf, type FactProblem } from './facts.ts';
import { markOf } from './marks.ts';
import { judge, missingIn, type Judging } from './predicate.ts';
import type { LawRecord, Limit, Phase } from './record.ts';
import * as units from './units.ts';
import { zonedText } from './zones.ts';

/** What clocks are reckoned with. */
export interface Reckoning extends Judging {
  readonly calendars: ReadonlyMap<string, WorkingCalendar>;
}

/** Where something counts from. */
export interface Start {
  readonly ms: number;
  /** False: the earliest plausible instant, until a person decides or the fact is known exactly. */
  readonly isCertain: boolean;
  readonly says: string;
}

/** A phase's clock; instants in milliseconds. */
export interface Clock {
  readonly start?: Start;
  readonly dueMs?: number;
  /** The contested, longer reading of the EU's rule on periods; never a deadline. */
  readonly informationalMs?: number;
  /** It may still move. */
  readonly isProvisional: boolean;
  readonly arithmetic: readonly string[];
  readonly missing: readonly string[];
  readonly problems: readonly FactProblem[];
}

const SUBMITTED = /^submitted\((.+)\)$/;

/** The key under which a submission that starts a clock is recorded; `undefined` where a start is a fact. */
export function submissionOf(start: string, record: LawRecord): string | undefined {
  const name = SUBMITTED.exec(start)?.[1];
  return name === undefined || name.includes('/') ? name : `${record.id}/${name}`;
}

/** When a fact or a submission starts a clock; `undefined` while it has not happened or nothing is known of it. */
export function startOf(start: string, record: LawRecord, { case: known, vocabulary }: Judging): Start | undefined {
  const submission = submissionOf(start, record);
  if (submission !== undefined) {
    const value = known.facts.get('submissions')?.value;
    const ms = value?.type === 'submissions' ? value.at.get(submission) : undefined;
    return ms === undefined ? undefined : { ms, isCertain: true, says: `${submission} was submitted` };
  }
  const declared = vocabulary.get(start);
  const moment = momentOf(known.facts, start);
  if (moment && known.facts.get(start)?.isDecided === true) {
    const isExact = moment.fromMs === moment.toMs;
    return { ms: moment.fromMs, isCertain: isExact, says: isExact ? start : `the earliest instant of ${start}` };
  }
  const plausible = (declared?.from ?? []).flatMap((key) => {
    const from = momentOf(known.facts, key);
    return from ? [[key, from.fromMs] as const] : [];
  });
  if (moment) plausible.push([start, moment.fromMs]);
  const earliest = plausible.sort((left, right) => left[1] - right[1])[0];
  if (!earliest) return undefined;
  return { ms: earliest[1], isCertain: false, says: `${earliest[0]}, the earliest plausible instant of ${start}` };
}

/** Reckons the clock of a phase. Whatever cannot be reckoned is a problem with its code; nothing is guessed. */
export function clockOf(phase: Phase, record: LawRecord, reckoning: Reckoning): Clock {
  const start = startOf(phase.start, record, reckoning);
  const zone = zoneOf(phase, reckoning);
  const missing = new Set(start?.isCertain === true ? [] : missingStart(phase.start, record, reckoning));
  const found: { readonly ms: number; readonly says: string; readonly isProvisional: boolean }[] = [];
  const problems: FactProblem[] = [];
  for (const limit of phase.limits) {
    const from = limit.of === undefined ? start : startOf(limit.of, record, reckoning);
    const when = limit.when ? judge(limit.when, reckoning) : undefined;
    if (limit.of !== undefined && from?.isCertain !== true && when?.verdict !== false)
      for (const fact of missingStart(limit.of, record, reckoning)) missing.add(fact);
    if (!from || when?.verdict === false) continue;
    if (when) for (const fact of missingIn(when)) missing.add(fact);
    if (needsZone(limit) && zone === undefined) missing.add('entityZone');
    const due = reckon(limit, from, { zone, own: phase.zone }, reckoning);
    if ('code' in due) problems.push(due);
    else if (!isWaived(limit, due.ms, record, reckoning))
      found.push({
        ms: due.ms,
        says: arithmetic(limit, from, due.ms, zone),
        isProvisional: !from.isCertain || when?.verdict === 'unknown' || due.isProvisional,
      });
  }
  const first = found.sort((left, right) => left.ms - right.ms)[0];
  const informationalMs = first && start ? informational(phase, record, start, reckoning, zone) : undefined;
  return {
    ...(start ? { start } : {}),
    ...(first ? { dueMs: first.ms } : {}),
    ...(informationalMs === undefined ? {} : { informationalMs }),
    isProvisional: first ? found.some(({ isProvisional }) => isProvisional) : start?.isCertain !== true,
    arithmetic: found.map(({ says }) => says),
    missing: [...missing],
    problems,
  };
}

/** What to ask for where a start is not known; nothing for what simply has not happened yet. */
function missingStart(start: string, record: LawRecord, { vocabulary }: Judging): readonly string[] {
  return submissionOf(start, record) !== undefined || vocabulary.get(start)?.later === true ? [] : [start];
}

/** The zone in which days end: of the authority, or of the company; `undefined` where nobody said. */
export function zoneOf(phase: Phase, { case: known }: Judging): string | undefined {
  const own = known.facts.get('entityZone')?.value;
  return phase.zone ?? (own?.type === 'text' ? own.text : undefined);
}

function needsZone({ unit }: Limit): boolean {
  return unit === 'days' || unit === 'months' || unit === 'days_after_year_end';
}

/** Where days end: of the authority, else of the company; and of the authority alone. */
interface Zones {
  readonly zone: string | undefined;
  readonly own: string | undefined;
}

interface Due {
  readonly ms: number;
  readonly isProvisional: boolean;
}

function reckon(limit: Limit, from: Start, zones: Zones, reckoning: Reckoning): Due | FactProblem {
  try {
    const [ms, isCertain] = elapsed(limit, from.ms, zones, reckoning);
    const rolled = roll(limit, ms, reckoning);
    return { ms: rolled.ms, isProvisional: !isCertain || rolled.isProvisional };
  } catch (error) {
    if (!isCodedError(error)) throw error;
    const { code, what } = error;
    return { code, fact: limit.calendar ?? 'calendar', what, ask: 'operator', remedy: errorEntry(code).remedy };
  }
}

function elapsed(
  { n, unit, calendar: id, until }: Limit,
  fromMs: number,
  { zone, own }: Zones,
  reckoning: Reckoning,
): readonly [number, boolean] {
  const time = units.timeOfDay(until);
  switch (unit) {
    case 'at_once':
      return [fromMs, true];
    case 'hours':
      return [units.hoursAfter(fromMs, n), true];
    case 'days':
      return [units.daysAfter(fromMs, n, zone, time), zone !== undefined];
    case 'months':
      return [units.monthsAfter(fromMs, n, zone), zone !== undefined];
    case 'days_after_year_end':
      return [units.daysAfterYearEnd(fromMs, n, zone), zone !== undefined];
    case 'business_days': {
      const calendar = calendarOf(id ?? '', reckoning);
      // No calendar is a fault of the loader; weekends alone would be a guess.
      if (!calendar) return [fromMs, false];
      return [units.businessDaysAfter(fromMs, n, calendar, time, own), markOf(calendar.source) === 'found'];
    }
  }
}

/** A working calendar, with the days that this case adds. */
export function calendarOf(id: string, { calendars, case: known }: Reckoning): WorkingCalendar | undefined {
  const calendar = calendars.get(id);
  return calendar && withClosures(calendar, known.closures[id] ?? []);
}

/** Moves an instant on a day without work, where the record says so and nothing forbids it; without a calendar it stays. */
function roll({ rollover }: Limit, ms: number, reckoning: Reckoning): Due {
  if (!rollover) return { ms, isProvisional: false };
  const exception = judge(rollover.unless, reckoning).verdict;
  if (exception === true) return { ms, isProvisional: false };
  const country = reckoning.case.facts.get('entityCountry')?.value;
  const calendar = country?.type === 'text' ? calendarOf(country.text.toLowerCase(), reckoning) : undefined;
  if (!calendar || exception === 'unknown') return { ms, isProvisional: true };
  return { ms: units.noonOfNextWorkingDay(ms, calendar), isProvisional: markOf(calendar.source) !== 'found' };
}

function isWaived({ waivedBy }: Limit, dueMs: number, record: LawRecord, judging: Judging): boolean {
  if (waivedBy === undefined) return false;
  const start = startOf(waivedBy, record, judging);
  return start?.isCertain === true && start.ms > dueMs;
}

/** For law of the Union with one limit in hours: the reading that leaves out the first hour. */
function informational(
  { limits }: Phase,
  { jurisdiction }: LawRecord,
  start: Start,
  reckoning: Reckoning,
  zone: string | undefined,
): number | undefined {
  const [limit] = limits;
  if (jurisdiction.code !== 'EU' || limits.length !== 1 || limit?.unit !== 'hours' || zone === undefined)
    return undefined;
  const country = reckoning.case.facts.get('entityCountry')?.value;
  const calendar = country?.type === 'text' ? calendarOf(country.text.toLowerCase(), reckoning) : undefined;
  try {
    return units.art3Due(start.ms, limit.n, zone, calendar);
  } catch {
    return undefined; // beyond the calendar: information is not worth a refusal
  }
}

function arithmetic({ n, unit, calendar }: Limit, from: Start, dueMs: number, zone: string | undefined): string {
  const where = zone ?? 'UTC';
  const reckoned = unit === 'at_once' ? 'at once' : `${n} ${unit.replaceAll('_', ' ')}`;
  const by = calendar === undefined ? '' : ` by ${calendar}`;
  return `${zonedText(from.ms, where)} (${from.says}) + ${reckoned}${by} = ${zonedText(dueMs, where)}`;
}
