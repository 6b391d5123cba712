import { instantTextMs } from '../../contracts/instant-text.ts';
import { isJsonObject, type Json } from '../../contracts/json.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { FactValue, Moment, Quantity } from './facts.ts';
import { countries } from '../../contracts/countries.ts';
import { isJurisdiction } from './jurisdictions.ts';
import type { LawFact } from './vocabulary.ts';
import { dayNumber, instantOfLocal, isZone } from './zones.ts';

/** What was wrong with a value. */
export interface Fault {
  readonly code: ErrorCode;
  readonly what: string;
}

type Read = FactValue | Fault | undefined;

const LOCAL = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2}))?)?$/;
const PEOPLE_MAX = 1e12; // more than that is a slip of the pen

/** Whether reading gave a fault. */
export function isFault(read: Read): read is Fault {
  return read !== undefined && 'code' in read;
}

/** Reads one value as its type says. @returns `undefined` where it says that nobody knows */
export function readValue(fact: LawFact, value: Json): Read {
  if (value === null || (isJsonObject(value) && value['unknown'] === true)) return undefined;
  switch (fact.type) {
    case 'instant':
      return readInstant(value);
    case 'count':
    case 'amount':
      return wrap(readQuantity(value, fact.type === 'count'), (quantity) => ({ type: 'number', quantity }));
    case 'flag':
      return typeof value === 'boolean' ? { type: 'flag', flag: value } : wrong('it is true or false');
    case 'choice':
      return typeof value === 'string' && fact.values?.includes(value)
        ? { type: 'text', text: value }
        : wrong(`it is one of ${(fact.values ?? []).join(', ')}`);
    case 'set':
      return readSet(fact, value);
    case 'residents':
      return readResidents(value);
    case 'zone':
      return isZone(value)
        ? { type: 'text', text: value }
        : { code: 'LAW_ZONE_MISSING', what: `${shown(value)} is no time zone of the IANA database` };
    case 'country':
      return typeof value === 'string' && countries.includes(value)
        ? { type: 'text', text: value }
        : { code: 'LAW_JURISDICTION_UNKNOWN', what: `${shown(value)} is no country` };
    case 'submissions':
      return readSubmissions(value);
    case 'text':
      return typeof value === 'string' && value !== '' ? { type: 'text', text: value } : wrong('it is a text');
  }
}

/**
 * Reads one instant or a day: with an offset, or as a clock on the wall of a zone showed it.
 *
 * @returns the first and last millisecond that the text can mean.
 */
export function readMoment(text: Json | undefined, zone: Json | undefined): Moment | Fault {
  if (typeof text !== 'string') return wrong('an instant is a text such as 2026-10-23T14:20:00+02:00');
  const zoneIn = zone === undefined ? {} : { zone: zone as string };
  if (zone !== undefined && !isZone(zone))
    return { code: 'LAW_ZONE_MISSING', what: `${shown(zone)} is no time zone of the IANA database` };
  const ms = instantTextMs(text);
  if (ms !== undefined) return { fromMs: ms, toMs: ms, ...zoneIn };
  const parts = LOCAL.exec(text);
  if (!parts) return wrong(`${shown(text)} is no instant`);
  if (zone === undefined) return { code: 'LAW_ZONE_MISSING', what: `${shown(text)} has neither offset nor zone` };
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number);
  const date = { year: year!, month: month!, day: day! };
  const valid = new Date(dayNumber(date) * 86_400_000).toISOString().startsWith(text.slice(0, 10));
  if (!valid || hour! > 23 || minute! > 59 || second! > 59) return wrong(`${shown(text)} is no instant`);
  if (year! < 1970 || year! > 2199) return wrong(`${shown(text)} lies outside 1970 to 2199`);
  const isDay = parts[4] === undefined;
  const time = isDay ? { hour: 0, minute: 0, second: 0 } : { hour: hour!, minute: minute!, second: second! || 0 };
  const fromMs = instantOfLocal({ ...date, ...time }, zone);
  const toMs = isDay ? instantOfLocal({ ...date, hour: 23, minute: 59, second: 59 }, zone) : fromMs;
  return { fromMs, toMs, ...zoneIn };
}

function readInstant(value: Json): Read {
  if (typeof value === 'string') return asInstant(readMoment(value, undefined));
  if (!isJsonObject(value)) return wrong('an instant is a text, {at, zone} or {from, to, zone}');
  const { at, from, to, zone } = value;
  if (at !== undefined) return asInstant(readMoment(at, zone));
  const first = readMoment(from, zone);
  if ('code' in first) return first;
  if (to === undefined) return { type: 'instant', moment: { ...first, toMs: Number.MAX_SAFE_INTEGER } };
  const last = readMoment(to, zone);
  if ('code' in last) return last;
  if (last.toMs < first.fromMs) return wrong('the range ends before it begins');
  return { type: 'instant', moment: { ...first, toMs: last.toMs } };
}

function asInstant(read: Moment | Fault): Read {
  return 'code' in read ? read : { type: 'instant', moment: read };
}

function readQuantity(value: Json, isCount: boolean): Quantity | Fault {
  const isNumber = (part: Json | undefined): part is number =>
    typeof part === 'number' && part >= 0 && part <= PEOPLE_MAX && (!isCount || Number.isInteger(part));
  const kind = isCount ? 'a whole number' : 'a number';
  if (typeof value === 'number')
    return isNumber(value) ? { min: value, likely: value } : wrong(`${shown(value)} is not ${kind} from 0`);
  if (!isJsonObject(value)) return wrong(`it is ${kind} or {min, likely, max}`);
  const { min = 0, likely, max } = value;
  for (const part of [min, likely, max])
    if (part !== undefined && !isNumber(part)) return wrong(`${shown(part)} is not ${kind} from 0`);
  const [low, middle, high] = [min, likely, max] as (number | undefined)[];
  if (low! > (middle ?? high ?? low!) || (middle ?? low!) > (high ?? Infinity))
    return wrong('min, likely and max do not ascend');
  return {
    min: low!,
    ...(middle === undefined ? {} : { likely: middle }),
    ...(high === undefined ? {} : { max: high }),
  };
}

function readSet(fact: LawFact, value: Json): Read {
  if (!Array.isArray(value)) return wrong('it is a list');
  const stranger = value.find((item: Json) => typeof item !== 'string' || !fact.values?.includes(item)) as
    Json | undefined;
  if (stranger !== undefined) return wrong(`${shown(stranger)} is none of ${(fact.values ?? []).join(', ')}`);
  return { type: 'set', items: value as string[], isWhole: fact.open !== true };
}

function readResidents(value: Json): Read {
  // The engine says only which countries: at least one person of each.
  const entries: readonly (readonly [Json, Json])[] = Array.isArray(value)
    ? value.map((code: Json) => [code, { min: 1 }] as const)
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  if (!Array.isArray(value) && !isJsonObject(value)) return wrong('it maps codes to numbers, or lists codes');
  const people = new Map<string, Quantity>();
  for (const [code, number] of entries) {
    if (typeof code !== 'string' || !isJurisdiction(code))
      return { code: 'LAW_JURISDICTION_UNKNOWN', what: `${shown(code)} is no country or state that is known` };
    const quantity = readQuantity(number, true);
    if ('code' in quantity) return { ...quantity, what: `${code}: ${quantity.what}` };
    people.set(code, quantity);
  }
  return { type: 'residents', people };
}

function readSubmissions(value: Json): Read {
  if (!isJsonObject(value)) return wrong('it maps record/phase to an instant');
  const at = new Map<string, number>();
  for (const [phase, when] of Object.entries(value)) {
    const read = isJsonObject(when) ? readMoment(when['at'], when['zone']) : readMoment(when, undefined);
    if ('code' in read) return { ...read, what: `${phase}: ${read.what}` };
    at.set(phase, read.fromMs);
  }
  return { type: 'submissions', at };
}

function wrap<T extends object>(read: T | Fault, made: (value: T) => FactValue): Read {
  return 'code' in read ? read : made(read);
}

function wrong(what: string): Fault {
  return { code: 'LAW_FACT_TYPE', what };
}

function shown(value: Json): string {
  return JSON.stringify(value).slice(0, 60);
}
