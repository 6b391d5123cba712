import type { EffectCounts } from '../../contracts/effects.ts';
import type { FilingEnd } from '../evaluate.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { KnownFacts } from '../known-facts.ts';

/** What a field of a draft holds: a value with where it came from, or whom to ask. */
export type FieldValue =
  { readonly text: string; readonly source: string } | { readonly unknown: true; readonly ask: string };

/** One field of a form. */
export interface DraftField {
  /** Number or article on the form, e.g. `48` or `33(3)(c)`. */
  readonly ref: string;
  readonly label: string;
  readonly value: FieldValue;
}

/** Fields that belong together. */
export interface DraftSection {
  readonly title: string;
  readonly fields: readonly DraftField[];
}

/** A filing before it is rendered; every format is rendered from this. */
export interface Draft {
  readonly title: string;
  /** What a reader must know first: the date it is due, what the wording rests on. */
  readonly notes: readonly string[];
  readonly sections: readonly DraftSection[];
  /** Fields that nobody knows yet. */
  readonly unknown: number;
}

/** Evidence that a draft refers to: never its content. */
export interface DraftEvidence {
  readonly name: string;
  /** SHA-256, hex. */
  readonly digest: string;
  readonly takenAt: string;
}

/** What a draft is made from. */
export interface DraftInput {
  readonly incident: IncidentId;
  readonly facts: KnownFacts;
  /** When it was drafted; ISO 8601 UTC. */
  readonly preparedAt: string;
  readonly openedAt: string;
  /** `undefined` while nothing starts its clock. */
  readonly dueAt: string | undefined;
  /** The date stands on a person's decision, not on the earliest plausible instant. */
  readonly isDueDecided: boolean;
  /** Counts from the ledger by action. */
  readonly effects: Readonly<Record<string, EffectCounts>>;
  readonly filings: readonly FilingEnd[];
  readonly evidence: readonly DraftEvidence[];
}

/** Counts the fields that nobody knows and closes the draft. */
export function completeDraft(draft: Omit<Draft, 'unknown'>): Draft {
  const unknown = draft.sections.flatMap(({ fields }) => fields).filter(({ value }) => 'unknown' in value).length;
  return { ...draft, unknown };
}
