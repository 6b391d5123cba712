import { clockOf, submissionOf, type Clock, type Reckoning } from './clock.ts';
import type { Case, SaidFact } from './facts.ts';
import type { Law } from './law.ts';
import type { LawRecord, Phase } from './record.ts';

/** A phase's clock from a start that somebody supposes. */
export interface ProjectedPhase {
  readonly phase: Phase;
  readonly clock: Clock;
  /** It counts from the submission of another phase, taken as made when that was due. */
  readonly isChained: boolean;
}

/**
 * The clocks of a record as they would run from one instant: every fact that starts one is taken to be that instant, and
 * every submission to be made when it is due.
 *
 * @param known - other facts that decide which limit holds; where they are silent the earliest wins, provisionally.
 */
export function projectClocks(record: LawRecord, startMs: number, known: Case, law: Law): readonly ProjectedPhase[] {
  const facts = new Map<string, SaidFact>(known.facts);
  const starts = record.phases.flatMap(({ start, limits }) => [start, ...limits.flatMap(({ of }) => of ?? [])]);
  for (const key of starts)
    if (submissionOf(key, record) === undefined)
      facts.set(key, { key, isDecided: true, value: { type: 'instant', moment: { fromMs: startMs, toMs: startMs } } });
  const submitted = new Map<string, number>();
  const reckoning: Reckoning = { ...law, case: { ...known, facts } };
  return record.phases.map((phase) => {
    const submission = submissionOf(phase.start, record);
    // What another record submits is supposed to happen at the start.
    if (submission !== undefined && !submitted.has(submission)) submitted.set(submission, startMs);
    facts.set('submissions', { key: 'submissions', isDecided: true, value: { type: 'submissions', at: submitted } });
    const clock = clockOf(phase, record, reckoning);
    if (clock.dueMs !== undefined) submitted.set(`${record.id}/${phase.id}`, clock.dueMs);
    return { phase, clock, isChained: submission !== undefined };
  });
}
