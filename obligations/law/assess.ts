import { calendarOf, clockOf, startOf, zoneOf, type Clock, type Reckoning } from './clock.ts';
import { errorEntry } from '../../contracts/errors.ts';
import { delayed, type Delayed } from './delay.ts';
import type { FactProblem } from './facts.ts';
import { isReviewed, markOfRecord, sourcesOf } from './marks.ts';
import { because, isUnclear, judge, missingIn, usedIn, type Judging, type Reason } from './predicate.ts';
import type { DelayRule, LawRecord, Mark, Phase } from './record.ts';
import * as units from './units.ts';

/** What a record answers. */
export type Result = 'required' | 'not_required' | 'undetermined' | 'needs_decision';

/** A phase of a duty with its clock; instants are ISO 8601 UTC. */
export interface AssessedPhase {
  readonly id: string;
  readonly title: string;
  /** `waiting`: it starts with something that has not happened. `submitted`: done. */
  readonly state: 'waiting' | 'open' | 'overdue' | 'submitted';
  readonly startsAt: string | null;
  readonly startsWith: string;
  readonly dueAt: string | null;
  readonly informationalDueAt: string | null;
  readonly submittedAt: string | null;
  readonly provisional: boolean;
  readonly qualifier: string | null;
  readonly arithmetic: readonly string[];
}

/** What one record says about one incident. */
export interface LawAssessment {
  readonly id: string;
  readonly version: string | null;
  readonly title: string;
  readonly result: Result;
  /** No named person reviewed the record, or it was not read in its source: it may warn, never reassure. */
  readonly unreviewed: boolean;
  /** What it would answer once reviewed. */
  readonly ifReviewed: Result;
  readonly dueAt: string | null;
  readonly informationalDueAt: string | null;
  readonly provisional: boolean;
  /** People must not be told now. */
  readonly forbidden: boolean;
  readonly recipient: string;
  readonly qualifier: string | null;
  readonly phases: readonly AssessedPhase[];
  readonly reasons: readonly string[];
  readonly tree: Reason;
  readonly factsUsed: readonly string[];
  readonly missingFacts: readonly string[];
  /** Unknown facts that could still relieve of it. */
  readonly mayRelieve: readonly string[];
  readonly delay: string | null;
  readonly mark: Mark;
  readonly sources: readonly string[];
  readonly problems: readonly FactProblem[];
}

/** Assesses one version of one duty. Pure; the instant it is judged at comes with the case. */
export function assessRecord(record: LawRecord, reckoning: Reckoning): LawAssessment {
  const tree = treeOf(record, reckoning);
  const exemptions = (record.exemptions ?? []).map((exemption) => ({
    exemption,
    reason: judge(exemption.when, reckoning),
  }));
  const relieving = exemptions.find(({ reason }) => reason.verdict === true);
  const missing = missingIn(tree).map((fact) => askInstead(fact, reckoning));
  const ifReviewed = relieving && tree.verdict !== false ? 'not_required' : resultOf(record, tree, missing, reckoning);
  const isTrusted = isReviewed(record);
  const result = isTrusted || ifReviewed === 'required' ? ifReviewed : 'undetermined';
  const clocks = record.phases
    .filter(({ when }) => !when || judge(when, reckoning).verdict !== false)
    .map((phase) => ({ phase, clock: clockOf(phase, record, reckoning) }));
  const [phases, delay] = phasesOf(record, clocks, reckoning);
  const next = nextOf(phases);
  const counts = result !== 'not_required';
  const isSure = isTrusted && result === 'required' && next?.provisional === false;
  return {
    id: record.id,
    version: record.effective.from,
    title: record.title,
    ...{ result, unreviewed: !isTrusted, ifReviewed },
    dueAt: counts ? (next?.dueAt ?? null) : null,
    informationalDueAt: counts ? (next?.informationalDueAt ?? null) : null,
    provisional: counts && !isSure,
    forbidden: counts && delay?.isForbidden === true,
    recipient: record.recipient.who,
    qualifier: next?.qualifier ?? null,
    phases: counts ? phases : [],
    reasons: reasonsOf(tree, ifReviewed, result, relieving?.exemption.id, delay),
    tree,
    factsUsed: [...new Set([...usedIn(tree), ...exemptions.flatMap(({ reason }) => usedIn(reason))])],
    missingFacts:
      ifReviewed === 'not_required' ? [] : [...new Set([...missing, ...clocks.flatMap((c) => c.clock.missing)])],
    mayRelieve:
      ifReviewed === 'not_required' ? [] : [...new Set(exemptions.flatMap(({ reason }) => missingIn(reason)))],
    delay: delay?.state ?? null,
    mark: markOfRecord(record),
    sources: sourcesOf(record),
    problems: clocks.flatMap(({ clock }) => clock.problems),
  };
}

function treeOf(record: LawRecord, judging: Judging): Reason {
  const parts = [judge(record.appliesTo, judging), judge(record.trigger, judging)];
  const verdict = parts.some((part) => part.verdict === false)
    ? false
    : parts.some((part) => part.verdict === 'unknown')
      ? 'unknown'
      : true;
  return { verdict, text: 'all of', parts };
}

/** A fact that is known but may still grow is settled by the scope being final. */
function askInstead(fact: string, { case: known, vocabulary }: Judging): string {
  const isOpen = vocabulary.get(fact)?.open === true && known.facts.has(fact) && !known.isScopeFinal;
  return isOpen ? 'scopeFinal' : fact;
}

function resultOf(record: LawRecord, tree: Reason, missing: readonly string[], { vocabulary }: Judging): Result {
  if (tree.verdict === true) return 'required';
  if (tree.verdict === false) return 'not_required';
  const isDecision = (fact: string): boolean => fact !== 'scopeFinal' && vocabulary.get(fact)?.decision === true;
  const areDecisions = missing.length > 0 && !isUnclear(tree) && missing.every(isDecision);
  return areDecisions || (record.voluntary === true && missing.length === 0) ? 'needs_decision' : 'undetermined';
}

function phasesOf(
  record: LawRecord,
  clocks: readonly { readonly phase: Phase; readonly clock: Clock }[],
  reckoning: Reckoning,
): readonly [readonly AssessedPhase[], Delayed | undefined] {
  const { case: known } = reckoning;
  const grant = known.delays.find((entry) => entry.record === record.id);
  let delay: Delayed | undefined;
  const phases = clocks.map(({ phase, clock }): AssessedPhase => {
    const submittedMs = startOf(`submitted(${phase.id})`, record, reckoning)?.ms;
    let dueMs = clock.dueMs;
    if (grant && !delay && submittedMs === undefined) {
      const { rule, zone } = { rule: record.delay, zone: zoneOf(phase, reckoning) };
      const residual = (endsMs: number): number => residualEnd(endsMs, rule?.residual, zone, reckoning);
      delay = delayed({ rule, grant, dueMs, atMs: known.atMs, residual });
      dueMs = delay.dueMs;
    }
    const isLate = known.atMs !== undefined && dueMs !== undefined && known.atMs > dueMs;
    return {
      ...{ id: phase.id, title: phase.title, startsWith: phase.start, qualifier: phase.qualifier ?? null },
      state: submittedMs !== undefined ? 'submitted' : !clock.start ? 'waiting' : isLate ? 'overdue' : 'open',
      startsAt: iso(clock.start?.ms),
      dueAt: iso(dueMs),
      informationalDueAt: iso(clock.informationalMs),
      submittedAt: iso(submittedMs),
      provisional: clock.isProvisional || delay?.state === 'granted' || delay?.state === 'extended',
      arithmetic: clock.arithmetic,
    };
  });
  return [phases, delay];
}

/** The end of the window that opens when a delay ends; without a rule, the end itself. */
function residualEnd(
  endsMs: number,
  residual: DelayRule['residual'],
  zone: string | undefined,
  reckoning: Reckoning,
): number {
  if (!residual) return endsMs;
  if (residual.unit === 'days') return units.daysAfter(endsMs, residual.n, zone, units.timeOfDay(residual.until));
  const calendar = calendarOf(residual.calendar ?? '', reckoning);
  if (!calendar) return endsMs;
  try {
    return units.businessDaysAfter(endsMs, residual.n, calendar, units.timeOfDay(residual.until), zone);
  } catch {
    return endsMs; // beyond the calendar: the end of the delay itself is the strictest reading
  }
}

/** The phase that is due next: the earliest of those that are not submitted. */
function nextOf(phases: readonly AssessedPhase[]): AssessedPhase | undefined {
  const open = phases.filter(({ state }) => state !== 'submitted');
  const timed = open.filter(({ dueAt }) => dueAt !== null).sort((left, right) => (left.dueAt! < right.dueAt! ? -1 : 1));
  return timed[0] ?? open[0];
}

function reasonsOf(
  tree: Reason,
  ifReviewed: Result,
  result: Result,
  exemption: string | undefined,
  delay: Delayed | undefined,
): readonly string[] {
  return [
    ...(exemption === undefined || ifReviewed !== 'not_required' ? [] : [`relieved by ${exemption}`]),
    ...because(tree),
    ...(delay ? [`delay: ${delay.says}`] : []),
    ...(result === ifReviewed
      ? []
      : [`the facts say ${ifReviewed.replace('_', ' ')}, but no named person reviewed this record`]),
  ];
}

function iso(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

/** The answer of a duty none of whose versions is in force on the day its clock starts. */
export function notInForce(record: LawRecord, date: string): FactProblem {
  const { from, to } = record.effective;
  const window = `${from ?? 'open'} to ${to ?? 'open'}`;
  return {
    code: 'LAW_RECORD_EXPIRED',
    fact: record.phases[0]?.start ?? 'openedAt',
    what: `${record.id} has no version for ${date} (known: ${window})`,
    ask: 'operator',
    remedy: errorEntry('LAW_RECORD_EXPIRED').remedy,
  };
}
