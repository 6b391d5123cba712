import { canonicalJson, type JsonObject } from './json.ts';

/** `POST /v1/incidents/:id/hand-records`: what somebody did by hand, put on record. */
export interface HandRecordBody {
  /** What was done, 1 to 4,000 characters; sealed, the journal holds its hash. */
  readonly text: string;
  /** When it was done: ISO 8601 with a zone, not ahead of now. */
  readonly at: string;
  /** Who did it: a person id, or a name that is not listed; left out, who speaks. */
  readonly by?: string;
  /** Step of the plan that it stands for. */
  readonly step?: string;
  /** One target by the pseudonym that receipts show. */
  readonly subject?: string;
  /** How many targets; not together with `subject`. */
  readonly count?: number;
  /** A file that shows it: it stays where it is, its hash goes on record. */
  readonly evidence?: HandEvidence;
  /** Line of an offline file that it was brought in from. */
  readonly entry?: HandEntry;
}

/** Place of a line in an offline file. */
export interface HandEntry {
  /** SHA-256 of {@link offlineLineText}, hex. */
  readonly hash: string;
  /** Hash of the line before; 64 zeros for the first. */
  readonly prev: string;
  /** When it was written down: ISO 8601 UTC, by the clock of the machine. */
  readonly writtenAt: string;
}

/** What the hash of a line of an offline file covers: all that the line says. */
export function offlineLineText(
  incident: string,
  record: Omit<HandRecordBody, 'entry'>,
  { prev, writtenAt }: Omit<HandEntry, 'hash'>,
): string {
  return canonicalJson({ v: 1, incident, writtenAt, record: record as unknown as JsonObject, prev });
}

/** A file that shows what was done. */
export interface HandEvidence {
  readonly name: string;
  /** SHA-256, 64 hex digits. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Answer: 201 when it was new, 200 when it was on record already. */
export interface HandRecorded {
  readonly incident: string;
  /** Id of the sealed document that holds the text. */
  readonly document: string;
  /** SHA-256 of that document. */
  readonly digest: string;
  readonly isNew: boolean;
}

/** `from` of the journal's records (kind `evidence`) about what was done by hand. */
export const BY_HAND = 'hand';
