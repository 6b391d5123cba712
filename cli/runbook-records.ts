import { BY_HAND } from '../contracts/hand-records.ts';
import type { Json } from '../contracts/json.ts';
import type { JournalRecord } from '../contracts/journal.ts';
import type { StepState } from '../contracts/messages.ts';

/** What a journal says of the steps of a plan: enough for a checklist, whoever else is dead. */
export interface StepsOnRecord {
  /** State by step; a step inside of a round stands under its place in the plan, as its newest round has it. */
  readonly states: ReadonlyMap<string, StepState>;
  /** What people put on record as done by hand, by step; under `''` what stands for no step. */
  readonly byHand: ReadonlyMap<string, readonly string[]>;
}

/** Kinds of records that say something of steps. */
export const STEP_KINDS = ['step.started', 'step.ended', 'evidence'] as const;

/** `round/2/contain`, the second round's instance, as the plan has it: `round/contain`. */
function inPlan(step: string): string {
  return step
    .split('/')
    .filter((part) => !/^\d+$/.test(part))
    .join('/');
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : 'not said';
}

function handLine({ seq, body }: Pick<JournalRecord, 'seq' | 'body'>): string {
  const { count, subject, evidence } = body;
  const [by, doneAt, document] = (['by', 'doneAt', 'document'] as const).map((name) => textOf(body[name]));
  const many = typeof count === 'number' ? `, ${count} targets` : typeof subject === 'string' ? `, ${subject}` : '';
  const shown = evidence === undefined ? '' : ', with evidence';
  return `${doneAt} by ${by}${many}${shown} (record ${seq}, document ${document})`;
}

/** Reads the records of a journal in their order; of other kinds than {@link STEP_KINDS} nothing is taken. */
export function stepsOnRecord(records: Iterable<Pick<JournalRecord, 'seq' | 'kind' | 'body'>>): StepsOnRecord {
  const states = new Map<string, StepState>();
  const byHand = new Map<string, readonly string[]>();
  for (const record of records) {
    const { kind, body } = record;
    const step = typeof body['step'] === 'string' ? inPlan(body['step']) : '';
    if (kind === 'step.started' && step !== '') states.set(step, 'running');
    else if (kind === 'step.ended' && step !== '') states.set(step, body['state'] as StepState);
    else if (kind === 'evidence' && body['from'] === BY_HAND)
      byHand.set(step, [...(byHand.get(step) ?? []), handLine(record)]);
  }
  return { states, byHand };
}
