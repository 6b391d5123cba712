import { readLawFiles } from '../../cli/commands/law-files.ts';
import { assessLaw, type Answer, type Law } from '../../obligations/law/law.ts';
import { loadLaw } from '../../obligations/law/load.ts';
import { readFacts } from '../../obligations/law/read-facts.ts';
import { vectorFacts } from '../../obligations/law/vector.ts';
import type { Case } from '../../obligations/law/facts.ts';
import type { LawAssessment } from '../../obligations/law/assess.ts';
import type { LawRecord } from '../../obligations/law/record.ts';

/** The law that ships. */
export const shippedLaw: Law = loadLaw(readLawFiles());

/** The same, as if a named person had reviewed every record that was read in its source. */
export const reviewedLaw: Law = {
  ...shippedLaw,
  records: shippedLaw.records.map((record) => ({
    ...record,
    verified: { ...record.verified, by: 'reviewer', on: record.verified.asOf },
  })),
};

/** Facts as said, and facts that somebody with the right role decided. */
export interface Said {
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly decided?: Readonly<Record<string, unknown>>;
  readonly at?: string;
  readonly delays?: readonly unknown[];
  readonly law?: Law;
}

/** A case from facts. */
export function caseOf({ at, law = shippedLaw, ...said }: Said): Case {
  const document = vectorFacts({ says: '', from: '', expect: { result: 'required' }, ...said }, law.vocabulary);
  return readFacts(document, { ...law, atMs: at === undefined ? undefined : Date.parse(at) });
}

/** What the whole catalogue says. */
export function answerOf(said: Said, records: readonly LawRecord[] = []): Answer {
  return assessLaw(caseOf(said), said.law ?? shippedLaw, records);
}

/** What one duty says. */
export function assessmentOf(id: string, said: Said): LawAssessment {
  const found = answerOf(said).assessments.find((assessment) => assessment.id === id);
  if (!found) throw new Error(`no assessment ${id}`);
  return found;
}

/** A record of the catalogue, in the version that is in force. */
export function lawRecord(id: string): LawRecord {
  const record = shippedLaw.records.find((entry) => entry.id === id && entry.status === 'in_force');
  if (!record) throw new Error(`no record ${id}`);
  return record;
}
