import { errorEntry, type ErrorCode } from '../../contracts/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import { judge } from './predicate.ts';
import { isFault, readMoment, readValue } from './read-value.ts';
import { readDelays } from './read-delays.ts';
import type { Case, FactProblem, SaidFact } from './facts.ts';
import type { Predicate } from './record.ts';
import type { LawFact, Vocabulary } from './vocabulary.ts';

/** A rule of consistency: where its condition holds, its facts contradict each other. */
export interface Contradiction {
  readonly says: string;
  readonly facts: readonly string[];
  readonly when: Predicate;
}

/** What facts are read with. */
export interface Reading {
  readonly vocabulary: Vocabulary;
  readonly contradictions: readonly Contradiction[];
  /** The instant they are judged at, in milliseconds; absent: nothing is called in the future. */
  readonly atMs?: number | undefined;
}

const OPERATOR = 'operator';
const PARTS = ['facts', 'log', 'people', 'delays', 'closures', 'contracts'];

/**
 * Reads what was said about an incident, as a parsed facts file holds it: `facts` (bare values, or
 * `{value, by, role, at, source, confidence}`), `log` (a list of the same with `key`; the newest of a key counts), `people`
 * (roles by person), `delays`, `closures`, and `contracts`, which is for whoever makes records of it.
 *
 * Never throws: whatever cannot be used is a problem with code, fact and the role that can mend it, and counts as unknown.
 */
export function readFacts(document: unknown, reading: Reading): Case {
  const problems: FactProblem[] = [];
  const tell = (code: ErrorCode, fact: string, what: string): void => {
    const ask = reading.vocabulary.get(fact)?.ask ?? OPERATOR;
    problems.push({ code, fact, what, ask, remedy: errorEntry(code).remedy });
  };
  const file = isJsonObject(document) ? document : {};
  if (!isJsonObject(document)) tell('LAW_FACT_TYPE', 'facts', 'the facts are not an object');
  for (const part of Object.keys(file))
    if (!PARTS.includes(part)) tell('LAW_FACT_UNKNOWN', part, `${part} is none of ${PARTS.join(', ')}`);
  const people = isJsonObject(file['people']) ? file['people'] : {};
  const facts = new Map<string, SaidFact>();
  for (const [key, said] of newest(file, tell)) {
    const declared = reading.vocabulary.get(key);
    if (!declared) tell('LAW_FACT_UNKNOWN', key, `${key} is not in the vocabulary`);
    else readOne(key, declared, said, people, facts, tell);
  }
  deriveRoles(facts);
  checkInstants(facts, reading, tell);
  const scope = facts.get('scopeFinal');
  const known: Case = {
    facts,
    delays: readDelays(file['delays'], tell),
    closures: closuresOf(file['closures'], tell),
    isScopeFinal: scope?.isDecided === true && scope.value.type === 'flag' && scope.value.flag,
    ...(reading.atMs === undefined ? {} : { atMs: reading.atMs }),
    problems,
  };
  for (const { says, facts: keys, when } of reading.contradictions) {
    if (judge(when, { case: known, vocabulary: reading.vocabulary }).verdict !== true) continue;
    for (const key of keys) {
      tell('LAW_FACT_CONTRADICTION', key, `${says} (${keys.join(', ')})`);
      facts.delete(key);
    }
  }
  return known;
}

type Tell = (code: ErrorCode, fact: string, what: string) => void;

/** The newest statement of each key; two of the same time that differ are a contradiction. */
function newest(file: JsonObject, tell: Tell): ReadonlyMap<string, JsonObject> {
  const said = new Map<string, JsonObject>();
  const { facts, log } = file;
  if (facts !== undefined && !isJsonObject(facts)) tell('LAW_FACT_TYPE', 'facts', '`facts` maps keys to values');
  for (const [key, value] of Object.entries(isJsonObject(facts) ? facts : {}))
    said.set(key, isJsonObject(value) && 'value' in value ? value : { value });
  for (const entry of Array.isArray(log) ? (log as readonly Json[]) : []) {
    if (!isJsonObject(entry) || typeof entry['key'] !== 'string') {
      tell('LAW_FACT_TYPE', 'log', 'an entry of the log has no key');
      continue;
    }
    const { key } = entry;
    const before = said.get(key);
    const order = before ? timeOf(entry) - timeOf(before) : 1;
    if (before && order === 0 && JSON.stringify(before['value']) !== JSON.stringify(entry['value']))
      tell('LAW_FACT_CONTRADICTION', key, `${key} was said twice at the same time with different values`);
    if (order >= 0) said.set(key, entry);
  }
  return said;
}

function timeOf({ at }: JsonObject): number {
  const ms = typeof at === 'string' ? Date.parse(at) : NaN;
  return Number.isNaN(ms) ? 0 : ms;
}

function readOne(
  key: string,
  declared: LawFact,
  said: JsonObject,
  people: JsonObject,
  facts: Map<string, SaidFact>,
  tell: Tell,
): void {
  const read = readValue(declared, said['value'] ?? null);
  if (read === undefined) return;
  if (isFault(read)) {
    tell(read.code, key, `${key}: ${read.what}`);
    return;
  }
  const text = (name: string): string | undefined => (typeof said[name] === 'string' ? said[name] : undefined);
  const [by, at, source] = [text('by'), text('at'), text('source')];
  const role = roleOf(declared, by, text('role'), people);
  facts.set(key, {
    ...{ key, value: read },
    isDecided: declared.decision !== true || isDecision(key, declared, said, role, people, tell),
    ...(by === undefined ? {} : { by }),
    ...(role === undefined ? {} : { role }),
    ...(at === undefined ? {} : { at }),
    ...(source === undefined ? {} : { source }),
  });
}

/** The role in which somebody spoke: as said, or one of the roles that the file gives that person. */
function roleOf(
  { decidedBy = [] }: LawFact,
  by: string | undefined,
  role: string | undefined,
  people: JsonObject,
): string | undefined {
  const held = by === undefined ? undefined : people[by];
  if (!Array.isArray(held)) return role;
  const roles = held.filter((one: Json): one is string => typeof one === 'string');
  return role ?? roles.find((one) => decidedBy.includes(one)) ?? roles[0];
}

function isDecision(
  key: string,
  { decidedBy = [] }: LawFact,
  said: JsonObject,
  role: string | undefined,
  people: JsonObject,
  tell: Tell,
): boolean {
  const { by, at, confidence } = said;
  if (by === undefined && confidence !== 'decided') return false;
  if (confidence === 'proposed') return false;
  if (typeof by !== 'string' || role === undefined || 'code' in readMoment(at, undefined)) {
    tell('LAW_DECISION_INCOMPLETE', key, `${key} is a decision and lacks its person, role or time`);
    return false;
  }
  const held = people[by];
  const isHeld = !Array.isArray(held) || held.includes(role);
  if (isHeld && decidedBy.includes(role)) return true;
  const who = isHeld ? `${by} as ${role}` : `${by}, who does not hold ${role},`;
  tell('LAW_DECIDER_ROLE', key, `${key} was decided by ${who} and takes one of ${decidedBy.join(', ')}`);
  return false;
}

/** What the engine says as one word is a role of the law; other roles stay open then. */
function deriveRoles(facts: Map<string, SaidFact>): void {
  const said = facts.get('controllerOrProcessor');
  if (said?.value.type !== 'text' || facts.has('roles')) return;
  const items = said.value.text === 'both' ? ['controller', 'processor'] : [said.value.text];
  facts.set('roles', { ...said, key: 'roles', value: { type: 'set', items, isWhole: false } });
}

/** Instants in an order that cannot be, or in the future, count as proposals: the clock then runs from the earliest one. */
function checkInstants(facts: Map<string, SaidFact>, { vocabulary, atMs }: Reading, tell: Tell): void {
  const demoted = new Set<string>();
  for (const [key, { value }] of facts) {
    if (value.type !== 'instant') continue;
    if (atMs !== undefined && value.moment.fromMs > atMs) {
      tell('LAW_INSTANT_ORDER', key, `${key} lies in the future`);
      demoted.add(key);
    }
    for (const other of vocabulary.get(key)?.after ?? []) {
      const before = facts.get(other)?.value;
      if (before?.type !== 'instant' || value.moment.toMs >= before.moment.fromMs) continue;
      tell('LAW_INSTANT_ORDER', key, `${key} lies before ${other}`);
      demoted.add(key);
    }
  }
  for (const key of demoted) facts.set(key, { ...facts.get(key)!, isDecided: false });
}

function closuresOf(value: Json | undefined, tell: Tell): Readonly<Record<string, readonly string[]>> {
  if (value === undefined) return {};
  const isDates = (list: Json): boolean =>
    Array.isArray(list) && list.every((date: Json) => typeof date === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(date));
  if (isJsonObject(value) && Object.values(value).every(isDates)) return value as Record<string, string[]>;
  tell('LAW_FACT_TYPE', 'closures', '`closures` maps a calendar to a list of dates');
  return {};
}
