import { CodedError } from '../../contracts/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import type { Severity } from '../../contracts/detectors.ts';

const DEPTH_MAX = 32; // the deepest known finding has fourteen
const LIST_MAX = 1_000; // an expression looks at each entry
const ID_MAX_CHARS = 200;
const UNPLAIN = /[^\x20-\x7e]/g; // what a row, a log line or a header could not hold

/** NUL, and halves of a character: PostgreSQL takes neither. */
const UNSTORABLE = /[\u0000\ud800-\udfff]/gu;

/** What is answered to a proven body that is not what its format says. */
export function invalid(what: string): CodedError {
  return new CodedError('DETECTOR_BODY_INVALID', what);
}

function refuseShape(value: Json, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw invalid(`the body is nested deeper than ${DEPTH_MAX}`);
  if (Array.isArray(value) && value.length > LIST_MAX) throw invalid(`a list has more than ${LIST_MAX} entries`);
  for (const member of Object.values(value) as Json[]) refuseShape(member, depth - 1);
}

/** Parses a proven body. @throws DETECTOR_BODY_INVALID */
export function parseJson(body: Buffer): Json {
  let value: Json;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as Json;
  } catch {
    throw invalid('the body is not JSON');
  }
  refuseShape(value, DEPTH_MAX);
  return value;
}

/** Parses a proven body that is an object. @throws DETECTOR_BODY_INVALID */
export function parseObject(body: Buffer): JsonObject {
  const value = parseJson(body);
  if (!isJsonObject(value)) throw invalid('the body is not a JSON object');
  return value;
}

/** A member that is an object; empty where it is not. */
export function objectIn(holder: JsonObject, name: string): JsonObject {
  const value = Object.hasOwn(holder, name) ? holder[name] : undefined;
  return isJsonObject(value) ? value : {};
}

/** A member that is a text; `undefined` where it is not. */
export function textIn(holder: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(holder, name) ? holder[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A member that has to be a text. @throws DETECTOR_BODY_INVALID */
export function requireText(holder: JsonObject, name: string): string {
  const value = textIn(holder, name);
  if (value === undefined) throw invalid(`\`${name}\` is missing or no text`);
  return value;
}

/** An id as it can be kept: plain, short, and nothing that is shaped like a credential. */
export function plainId(text: string): string {
  return scrubTokens(text.replace(UNPLAIN, '?')).slice(0, ID_MAX_CHARS);
}

/** An instant in our one form; `undefined` for what is none. */
export function instantOf(value: Json | undefined): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const at = new Date(value);
  const year = at.getUTCFullYear();
  return year >= 2000 && year < 2100 ? at.toISOString() : undefined;
}

/** A JSON value without anything that is shaped like a credential, NUL or half a character: keys too. */
export function scrubbed(value: Json): Json {
  if (typeof value === 'string') return scrubTokens(value.replace(UNSTORABLE, ''));
  if (Array.isArray(value)) return (value as readonly Json[]).map(scrubbed);
  if (isJsonObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [scrubbed(key) as string, scrubbed(member)]),
    );
  return value;
}

const WORDS: Readonly<Record<string, Severity>> = {
  info: 'low',
  informational: 'low',
  debug: 'low',
  notice: 'low',
  none: 'low',
  low: 'low',
  warning: 'medium',
  moderate: 'medium',
  medium: 'medium',
  error: 'high',
  high: 'high',
  critical: 'critical',
  alert: 'critical',
  emergency: 'critical',
  fatal: 'critical',
};

/** Severity of a word that detectors use; `undefined` for any other. */
export function severityOf(word: Json | undefined): Severity | undefined {
  const key = typeof word === 'string' ? word.toLowerCase() : '';
  return Object.hasOwn(WORDS, key) ? WORDS[key] : undefined;
}
