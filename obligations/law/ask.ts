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

/** How much a duty counts that waits, by what it would answer. */
const WEIGHT = { needs_decision: 10, required: 5, undetermined: 1, not_required: 0 } as const;

/**
 * The open questions, the most valuable first. A fact is worth the more, the fewer others its duties wait for: what alone
 * settles a duty counts most, and a duty that waits for a decision, or is required, counts more than one that only might
 * be. Then what is due first; then by key, so that the order is always the same.
 */
export function openQuestions({ assessments }: Answer, vocabulary: Vocabulary): readonly OpenQuestion[] {
  const waiting = new Map<string, { ids: string[]; dues: string[]; worth: number }>();
  for (const { id, missingFacts, dueAt, ifReviewed } of assessments)
    for (const fact of missingFacts) {
      const entry = waiting.get(fact) ?? { ids: [], dues: [], worth: 0 };
      entry.ids.push(id);
      entry.worth += WEIGHT[ifReviewed] / missingFacts.length ** 2;
      if (dueAt !== null) entry.dues.push(dueAt);
      waiting.set(fact, entry);
    }
  return [...waiting]
    .map(([fact, { ids, dues, worth }]) => ({ fact, ids, worth, earliestDueAt: dues.sort()[0] ?? null }))
    .sort(
      (left, right) =>
        right.worth - left.worth ||
        (left.earliestDueAt ?? '9').localeCompare(right.earliestDueAt ?? '9') ||
        left.fact.localeCompare(right.fact),
    )
    .map(({ fact, ids, earliestDueAt }) => {
      const declared = vocabulary.get(fact);
      return {
        ...{ fact, question: declared?.question ?? declared?.title ?? fact, ask: declared?.ask ?? 'counsel' },
        ...{ decidedBy: declared?.decidedBy ?? null, holdsUp: ids, earliestDueAt },
      };
    });
}
