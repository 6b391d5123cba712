import type { ErrorCode } from '../../contracts/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import type { DelayGrant } from './facts.ts';
import { readMoment } from './read-value.ts';

type Tell = (code: ErrorCode, fact: string, what: string) => void;

/** Reads what authorities asked for or granted; what cannot be read is told, and delays nothing. */
export function readDelays(value: Json | undefined, tell: Tell): readonly DelayGrant[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    tell('LAW_FACT_TYPE', 'delays', '`delays` is a list');
    return [];
  }
  return value.flatMap((entry: Json, index): readonly DelayGrant[] => {
    const place = `delays[${index}]`;
    if (!isJsonObject(entry)) return told(tell, place, 'is not an object');
    const { record, form, by, reference } = entry;
    if (typeof record !== 'string' || typeof form !== 'string' || typeof by !== 'string')
      return told(tell, place, 'needs record, form and by');
    const times = readTimes(entry);
    const extensions = readExtensions(entry['extensions']);
    if (typeof times === 'string') return told(tell, place, times);
    if (typeof extensions === 'string') return told(tell, place, extensions);
    return [{ ...{ record, form, by, extensions }, ...times, ...(typeof reference === 'string' ? { reference } : {}) }];
  });
}

function told(tell: Tell, place: string, why: string): readonly never[] {
  tell('LAW_FACT_TYPE', 'delays', `${place} ${why}`);
  return [];
}

type Times = Pick<DelayGrant, 'requestedAt' | 'grantedAt' | 'until' | 'liftedAt'>;

function readTimes(entry: JsonObject): Times | string {
  const times: Record<string, number> = {};
  for (const name of ['requestedAt', 'grantedAt', 'until', 'liftedAt'] as const) {
    if (entry[name] === undefined) continue;
    const read = readMoment(entry[name], entry['zone']);
    if ('code' in read) return `${name}: ${read.what}`;
    times[name] = name === 'until' ? read.toMs : read.fromMs;
  }
  return times;
}

function readExtensions(value: Json | undefined): DelayGrant['extensions'] | string {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return 'extensions is a list';
  const read: { grantedAt: number; until: number }[] = [];
  for (const entry of value as readonly Json[]) {
    const granted = isJsonObject(entry) ? readMoment(entry['grantedAt'], undefined) : undefined;
    const until = isJsonObject(entry) ? readMoment(entry['until'], undefined) : undefined;
    if (!granted || !until || 'code' in granted || 'code' in until) return 'an extension needs grantedAt and until';
    read.push({ grantedAt: granted.fromMs, until: until.toMs });
  }
  return read;
}
