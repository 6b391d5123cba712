import { assessRecord, type LawAssessment } from './assess.ts';
import type { Law } from './law.ts';
import { readFacts } from './read-facts.ts';
import type { LawRecord, Vector } from './record.ts';
import type { Json } from '../../contracts/json.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The facts file that a vector stands for: what is `decided` is decided by a reader who may. */
export function vectorFacts({ facts = {}, decided = {}, delays }: Vector, vocabulary: Vocabulary): unknown {
  const said: Record<string, unknown> = { ...facts };
  for (const [key, value] of Object.entries(decided)) {
    const role = vocabulary.get(key)?.decidedBy?.[0];
    said[key] = {
      value: value as Json,
      by: 'reader',
      ...(role === undefined ? {} : { role }),
      at: '2000-01-01T00:00:00Z',
    };
  }
  return { facts: said, ...(delays ? { delays } : {}) };
}

/**
 * Runs one test vector of a record.
 *
 * @returns what differs from what the reader of the law expects; empty where nothing does.
 */
export function runVector(record: LawRecord, vector: Vector, law: Law): readonly string[] {
  const atMs = vector.at === undefined ? undefined : Date.parse(vector.at);
  const known = readFacts(vectorFacts(vector, law.vocabulary), { ...law, atMs });
  const found = assessRecord(record, { case: known, ...law });
  const faults = known.problems.map(({ code, what }) => `[${code}] ${what}`);
  return [...faults, ...differences(vector, found)];
}

function differences({ phase, expect }: Vector, found: LawAssessment): readonly string[] {
  const { phases } = found;
  const clock = phase === undefined ? found : phases.find(({ id }) => id === phase);
  const timed = phases.find(({ dueAt }) => dueAt === clock?.dueAt);
  const due = clock?.dueAt ?? null;
  const differ: string[] = [];
  if (found.ifReviewed !== expect.result) differ.push(`result is ${found.ifReviewed}, not ${expect.result}`);
  if (expect.due !== undefined && instant(expect.due) !== instant(due))
    differ.push(`due is ${due ?? 'none'}, not ${expect.due ?? 'none'}`);
  if (expect.provisional !== undefined && timed?.provisional !== expect.provisional)
    differ.push(`provisional is ${String(timed?.provisional)}, not ${expect.provisional}`);
  if (expect.forbidden !== undefined && found.forbidden !== expect.forbidden)
    differ.push(`forbidden is ${found.forbidden}, not ${expect.forbidden}`);
  return differ;
}

function instant(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}
