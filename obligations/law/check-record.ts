import { CodedError } from '../../contracts/errors.ts';
import type { WorkingCalendar } from './calendar.ts';
import { isJurisdiction } from './jurisdictions.ts';
import { sourceId, sourcesOf } from './marks.ts';
import type { LawRecord, Limit, Phase, Predicate } from './record.ts';
import type { LawFact, Vocabulary } from './vocabulary.ts';
import { isZone } from './zones.ts';

/** What records may refer to. */
export interface Known {
  readonly vocabulary: Vocabulary;
  readonly calendars: ReadonlyMap<string, WorkingCalendar>;
  readonly sources: ReadonlyMap<string, string>;
}

type Refuse = (why: string) => never;

/** Checks what the schema cannot: references, sources of numbers, direction of what makes things worse. @throws LAW_RECORD_INVALID */
export function checkRecord(place: string, record: LawRecord, known: Known): void {
  const refuse: Refuse = (why) => {
    throw new CodedError('LAW_RECORD_INVALID', `${place}: ${why}`);
  };
  for (const source of sourcesOf(record)) {
    const id = sourceId(source);
    if (id === undefined || !known.sources.has(id)) refuse(`source ${source} is not in sources.yaml`);
  }
  const { from, to } = record.effective;
  if (record.status === 'in_force' && from === null) refuse('what is in force has effective.from');
  if (record.status === 'superseded' && to === null) refuse('what is superseded has effective.to');
  if (from !== null && to !== null && to <= from) refuse('effective.to is not after effective.from');
  const check = (predicate: Predicate, where: string, isWorse: boolean): void =>
    checkPredicate(predicate, isWorse, known.vocabulary, (why) => refuse(`${where}: ${why}`));
  check(record.appliesTo, 'appliesTo', true);
  check(record.trigger, 'trigger', true);
  for (const exemption of record.exemptions ?? []) check(exemption.when, `exemption ${exemption.id}`, false);
  for (const phase of record.phases) checkPhase(phase, record, known, refuse);
  checkCalendar(record.delay?.residual ?? { unit: 'days' }, known, refuse);
}

/** Refuses two versions of one duty that hold on the same day. @throws LAW_RECORD_INVALID */
export function refuseOverlaps(records: readonly LawRecord[]): void {
  const law = records.filter(({ status }) => status === 'in_force' || status === 'superseded');
  const seen = new Map<string, LawRecord[]>();
  for (const record of law) {
    const others = seen.get(record.id) ?? [];
    const { from, to } = record.effective;
    const twin = others.find(
      ({ effective }) => (effective.from ?? '') < (to ?? '9999') && (from ?? '') < (effective.to ?? '9999'),
    );
    if (twin)
      throw new CodedError('LAW_RECORD_INVALID', `${record.id}: two versions hold on the same day (${from ?? ''})`);
    seen.set(record.id, [...others, record]);
  }
}

function checkPhase(phase: Phase, record: LawRecord, known: Known, refuse: Refuse): void {
  checkStart(phase.start, record, known, refuse);
  if (phase.zone !== undefined && !isZone(phase.zone)) refuse(`phase ${phase.id}: the zone is not known`);
  const anyDirection = (predicate: Predicate): void =>
    checkPredicate(predicate, undefined, known.vocabulary, (why) => refuse(`phase ${phase.id}: ${why}`));
  if (phase.when) anyDirection(phase.when);
  for (const limit of phase.limits) {
    if (limit.of !== undefined) checkStart(limit.of, record, known, refuse);
    if (limit.when) anyDirection(limit.when);
    if (limit.rollover) anyDirection(limit.rollover.unless);
    checkCalendar(limit, known, refuse);
  }
  if (phase.limits.length === 0 && phase.qualifier === undefined)
    refuse(`phase ${phase.id}: without a limit it needs the law's own words (qualifier)`);
}

function checkStart(start: string, record: LawRecord, { vocabulary }: Known, refuse: Refuse): void {
  const submitted = /^submitted\((.+)\)$/.exec(start)?.[1];
  if (submitted === undefined) {
    if (vocabulary.get(start)?.type !== 'instant') refuse(`${start} is no instant of the vocabulary`);
  } else if (!submitted.includes('/') && !record.phases.some(({ id }) => id === submitted))
    refuse(`there is no phase ${submitted}`);
}

function checkCalendar(limit: Pick<Limit, 'unit' | 'calendar'>, { calendars }: Known, refuse: Refuse): void {
  if ((limit.unit === 'business_days') !== (limit.calendar !== undefined))
    refuse('business days, and nothing else, need a calendar');
  if (limit.calendar !== undefined && !calendars.has(limit.calendar)) refuse(`there is no calendar ${limit.calendar}`);
}

/**
 * @param isWorse - true where more of an `up` fact may only make the duty more likely, false where only less so,
 *   `undefined` where it does not matter.
 */
function checkPredicate(
  predicate: Predicate,
  isWorse: boolean | undefined,
  vocabulary: Vocabulary,
  refuse: Refuse,
): void {
  if ('all' in predicate || 'any' in predicate) {
    for (const part of 'all' in predicate ? predicate.all : predicate.any)
      checkPredicate(part, isWorse, vocabulary, refuse);
    return;
  }
  if ('not' in predicate) {
    checkPredicate(predicate.not, isWorse === undefined ? undefined : !isWorse, vocabulary, refuse);
    return;
  }
  if ('unclear' in predicate) return;
  const fact = vocabulary.get(predicate.fact);
  if (!fact) return refuse(`${predicate.fact} is not in the vocabulary`);
  checkTest(predicate, fact, refuse);
  if (isWorse === undefined || fact.up !== true) return;
  const rises = !('is' in predicate || 'in' in predicate) || isUpperSet(predicate, fact);
  if (rises !== isWorse) refuse(`${predicate.fact} makes things worse and is read the other way round`);
}

type Leaf = Extract<Predicate, { readonly fact: string }>;

/** Whether a test names the upper end of what may be said: `true`, or the last of the choices. */
function isUpperSet(leaf: Leaf, { values = [] }: LawFact): boolean {
  if ('is' in leaf) return typeof leaf.is === 'boolean' ? leaf.is : values.at(-1) === leaf.is;
  if (!('in' in leaf)) return true;
  const named = leaf.in;
  return values.slice(-named.length).every((value) => named.includes(value));
}

function checkTest(leaf: Leaf, fact: LawFact, refuse: Refuse): void {
  const words = 'has' in leaf ? leaf.has : 'in' in leaf ? leaf.in : [];
  const stranger = words.find((word) => !fact.values?.includes(word));
  if (stranger !== undefined) refuse(`${leaf.fact} never is ${stranger}`);
  if ('has' in leaf && fact.type !== 'set') refuse(`${leaf.fact} is no set`);
  if ('in' in leaf && fact.type !== 'choice') refuse(`${leaf.fact} is no choice`);
  if ('is' in leaf) {
    if (typeof leaf.is === 'boolean' ? fact.type !== 'flag' : fact.type !== 'choice' || !fact.values?.includes(leaf.is))
      refuse(`${leaf.fact} never is ${String(leaf.is)}`);
    return;
  }
  if ('has' in leaf || 'in' in leaf) return;
  if (!['count', 'amount', 'residents'].includes(fact.type)) refuse(`${leaf.fact} is no number`);
  if ((fact.type === 'residents') !== (leaf.of !== undefined))
    refuse('residents, and nothing else, are counted by `of`');
  if (leaf.of !== undefined && !isJurisdiction(leaf.of)) refuse(`${leaf.of} is no country or state that is known`);
  const isAny = leaf.atLeast === 1 || leaf.moreThan === 0; // "anybody at all" is no number of the law
  if (!isAny && leaf.source === undefined) refuse(`${leaf.fact}: the number has no source`);
}
