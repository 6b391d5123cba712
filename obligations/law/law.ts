import { assessRecord, notInForce, type LawAssessment } from './assess.ts';
import type { WorkingCalendar } from './calendar.ts';
import { startOf, type Reckoning } from './clock.ts';
import type { Case, FactProblem } from './facts.ts';
import { momentOf } from './facts.ts';
import type { Contradiction } from './read-facts.ts';
import type { LawRecord } from './record.ts';
import type { Vocabulary } from './vocabulary.ts';
import { zonedText } from './zones.ts';

/** The law as loaded: everything that assessing needs, checked. */
export interface Law {
  readonly vocabulary: Vocabulary;
  readonly contradictions: readonly Contradiction[];
  readonly calendars: ReadonlyMap<string, WorkingCalendar>;
  /** Titles by source id. */
  readonly sources: ReadonlyMap<string, string>;
  /** Every version, proposals too, in the order of the files. */
  readonly records: readonly LawRecord[];
}

/** What the whole catalogue says about one incident. */
export interface Answer {
  readonly assessments: readonly LawAssessment[];
  /** Duties whose first version is in force only later, with that day; so that none is left out in silence. */
  readonly notYet: readonly { readonly id: string; readonly from: string }[];
  /** Faults in the facts, and records that could not be applied. */
  readonly problems: readonly FactProblem[];
}

/**
 * Assesses every duty of the catalogue for one incident.
 *
 * A duty is assessed in the version that is in force on the day its clock starts; proposed and pending law never is.
 *
 * @param records - records beyond the catalogue, such as clauses of contracts.
 * @returns one assessment a duty that has a version for its day, in the order of the catalogue.
 */
export function assessLaw(known: Case, law: Law, records: readonly LawRecord[] = []): Answer {
  const reckoning: Reckoning = { case: known, vocabulary: law.vocabulary, calendars: law.calendars };
  const assessments: LawAssessment[] = [];
  const notYet: { id: string; from: string }[] = [];
  const problems: FactProblem[] = [...known.problems];
  for (const versions of byId([...law.records, ...records])) {
    const date = dayOfDuty(versions[0]!, reckoning);
    const version = versionOn(versions, date);
    if (version) {
      const assessment = assessRecord(version, reckoning);
      assessments.push(assessment);
      problems.push(...assessment.problems);
    } else if (hasExpired(versions, date)) problems.push(notInForce(versions.at(-1)!, date!));
    else notYet.push({ id: versions[0]!.id, from: versions[0]!.effective.from! });
  }
  return { assessments, notYet, problems: problems.sort(byWhat) };
}

/** The same order, whatever the order in which facts were said. */
function byWhat(left: FactProblem, right: FactProblem): number {
  return `${left.code} ${left.fact} ${left.what}` < `${right.code} ${right.fact} ${right.what}` ? -1 : 1;
}

/** Versions that may ever be law for somebody, by id; a duty that is only proposed is left out. */
function byId(records: readonly LawRecord[]): Iterable<readonly LawRecord[]> {
  const found = new Map<string, LawRecord[]>();
  for (const record of records) {
    if (record.status !== 'in_force' && record.status !== 'superseded') continue;
    found.set(record.id, [...(found.get(record.id) ?? []), record]);
  }
  return found.values();
}

/**
 * The day that decides which version holds, in the zone of the authority (UTC where days are the company's): of the start
 * of the clock, else of what is known of the incident.
 */
function dayOfDuty(record: LawRecord, reckoning: Reckoning): string | undefined {
  const { facts, atMs } = reckoning.case;
  const start = startOf(record.phases[0]?.start ?? 'openedAt', record, reckoning)?.ms;
  const other = ['awareAt', 'discoveredAt', 'detectedAt', 'openedAt'].map((key) => momentOf(facts, key)?.fromMs);
  const ms = start ?? other.find((instant) => instant !== undefined) ?? atMs;
  return ms === undefined ? undefined : zonedText(ms, record.phases[0]?.zone ?? 'UTC').slice(0, 10);
}

/**
 * The version of a duty for a day; without a day, the newest that is in force.
 *
 * @param versions - of one id; proposed and pending ones are passed over.
 * @param date - `2026-11-24`.
 */
export function versionOn(versions: readonly LawRecord[], date: string | undefined): LawRecord | undefined {
  const law = versions.filter(({ status }) => status === 'in_force' || status === 'superseded');
  if (date === undefined) return law.findLast(({ status }) => status === 'in_force');
  return law.find(({ effective: { from, to } }) => from !== null && from <= date && (to === null || date < to));
}

function hasExpired(versions: readonly LawRecord[], date: string | undefined): boolean {
  return date !== undefined && versions.every(({ effective: { to } }) => to !== null && to <= date);
}
