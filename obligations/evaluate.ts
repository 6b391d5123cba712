import { clockStart, dueAt, remindersOf } from './clocks.ts';
import { instantMs } from './instants.ts';
import { judge, type Verdict } from './condition.ts';
import type { Catalogue, ObligationRecord } from './record.ts';
import type { KnownFacts } from './known-facts.ts';
import type { ObligationStatus } from '../contracts/messages.ts';

/** How a filing ended; drafts are left out by the caller or ignored here. */
export interface FilingEnd {
  readonly kind: 'authority' | 'law-enforcement';
  readonly state: 'draft' | 'filed' | 'not-filed';
}

/** What duties are evaluated from. */
export interface EvaluationInput {
  readonly facts: KnownFacts;
  /** When the incident was opened; ISO 8601 UTC. */
  readonly openedAt: string;
  readonly filings?: readonly FilingEnd[];
  /** Instant to judge lateness by; without it nothing is called overdue. */
  readonly asOf?: string;
}

/** A duty as it stands, with its clock. */
export interface EvaluatedObligation {
  readonly status: ObligationStatus;
  readonly record: ObligationRecord;
  readonly startsAt: string;
  readonly isStartDecided: boolean;
  readonly remindAt: readonly string[];
}

/**
 * Evaluates every duty that is in force when its clock starts.
 *
 * @returns one entry a duty, in the order of the catalogue; also those not required, with the reason.
 */
export function evaluate(input: EvaluationInput, catalogue: Catalogue): readonly EvaluatedObligation[] {
  return catalogue.records.flatMap((record) => {
    const start = clockStart(record, input.facts, input.openedAt);
    if (!isInForce(record, start.at)) return [];
    return [
      {
        status: statusOf(record, input, start),
        record,
        startsAt: start.at,
        isStartDecided: start.isDecided,
        remindAt: remindersOf(record, start.at),
      },
    ];
  });
}

function isInForce({ status, effective }: ObligationRecord, at: string): boolean {
  const date = at.slice(0, 10);
  if (status !== 'in_force' || effective.from === null) return false;
  return effective.from <= date && (effective.to === null || date < effective.to);
}

function statusOf(
  record: ObligationRecord,
  input: EvaluationInput,
  start: { readonly at: string; readonly isDecided: boolean },
): ObligationStatus {
  const verdict = judge(record.when, input.facts);
  const due = dueAt(record, start.at);
  const [state, because] = stateOf(record, input, verdict, start.isDecided);
  const isLate = input.asOf !== undefined && instantMs(input.asOf) > instantMs(due);
  const isOpen = state === 'running' || state === 'provisional';
  return {
    id: record.id,
    title: record.clock.basis === 'policy' ? `${record.title}; target date by policy, not law` : record.title,
    source: record.citation.text,
    state: isOpen && isLate ? 'overdue' : state,
    ...(state === 'not-required' ? {} : { dueAt: due }),
    of: record.of,
    ...('filing' in record.discharge ? { filing: record.discharge.filing } : {}),
    ...(record.clock.basis === 'policy' ? { policyTarget: true } : {}),
    because,
  };
}

function stateOf(
  record: ObligationRecord,
  { facts, filings = [] }: EvaluationInput,
  verdict: Verdict,
  isStartDecided: boolean,
): readonly [ObligationStatus['state'], string] {
  const ended = dischargeOf(record, facts, filings);
  if (ended) return ended;
  if (verdict.holds === false && isReviewed(record))
    return ['not-required', `decided by ${verdict.because.join(', ')}`];
  if (verdict.holds === false) return ['provisional', `${record.id} is unreviewed, so it is not ruled out`];
  if (verdict.holds === 'unknown') return ['provisional', `not known yet: ${verdict.because.join(', ')}`];
  if (!isStartDecided)
    return ['provisional', `${record.clock.start} is not decided; counted from the earliest plausible instant`];
  return ['running', `counted from ${record.clock.start}`];
}

function dischargeOf(
  { discharge }: ObligationRecord,
  facts: KnownFacts,
  filings: readonly FilingEnd[],
): readonly [ObligationStatus['state'], string] | undefined {
  if ('filing' in discharge) {
    const ends = filings.filter(({ kind }) => kind === discharge.filing).map(({ state }) => state);
    if (ends.includes('filed')) return ['filed', 'a filing was recorded'];
    return ends.includes('not-filed') ? ['not-required', 'a named person recorded that it is not filed'] : undefined;
  }
  return judge(discharge, facts).holds === true ? ['filed', `done: ${discharge.fact}`] : undefined;
}

/** What was not read in its source may warn, never reassure. */
function isReviewed({ verified }: ObligationRecord): boolean {
  return verified.mark === 'found' || verified.mark === 'policy';
}
