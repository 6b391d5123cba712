import type { Answer } from './law.ts';
import type { Vocabulary } from './vocabulary.ts';

/** A question that somebody should answer. */
export interface OpenQuestion {
  readonly fact: string;
  readonly question: string;
  /** Role that is asked. */
  readonly ask: string;
  /** For a legal conclusion: the roles that may decide it. */
  readonly decidedBy: readonly string[] | null;
  /** Duties that wait for it. */
  readonly holdsUp: readonly string[];
  /** The earliest due time among them. */
  readonly earliestDueAt: string | null;
}

/**
 * The open questions, the most valuable first: what holds up the most duties that are not ruled out; then what is due
 * first; then by key, so that the order is always the same.
 */
export function openQuestions({ assessments }: Answer, vocabulary: Vocabulary): readonly OpenQuestion[] {
  const waiting = new Map<string, { ids: string[]; dues: string[] }>();
  for (const { id, missingFacts, dueAt } of assessments)
    for (const fact of missingFacts) {
      const entry = waiting.get(fact) ?? { ids: [], dues: [] };
      entry.ids.push(id);
      if (dueAt !== null) entry.dues.push(dueAt);
      waiting.set(fact, entry);
    }
  return [...waiting]
    .map(([fact, { ids, dues }]) => {
      const declared = vocabulary.get(fact);
      return {
        fact,
        question: declared?.question ?? declared?.title ?? fact,
        ask: declared?.ask ?? 'counsel',
        decidedBy: declared?.decidedBy ?? null,
        holdsUp: ids,
        earliestDueAt: dues.sort()[0] ?? null,
      };
    })
    .sort(
      (left, right) =>
        right.holdsUp.length - left.holdsUp.length ||
        (left.earliestDueAt ?? '9').localeCompare(right.earliestDueAt ?? '9') ||
        left.fact.localeCompare(right.fact),
    );
}
