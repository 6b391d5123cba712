import { Ajv2020 } from 'ajv/dist/2020.js';
import { CodedError } from '../../contracts/errors.ts';
import { isJsonObject } from '../../contracts/json.ts';
import schema from '../schema/record.json' with { type: 'json' };
import { parseCalendar } from './calendar.ts';
import { checkRecord, refuseOverlaps, type Known } from './check-record.ts';
import { expandStates } from './us-states.ts';
import type { Law } from './law.ts';
import type { Contradiction } from './read-facts.ts';
import type { LawRecord } from './record.ts';
import { parseVocabulary } from './vocabulary.ts';

/** Parsed files of the law, read by whoever may read files. */
export interface LawFiles {
  /** `obligations/facts.yaml`. */
  readonly facts: unknown;
  /** `obligations/contradictions.yaml`. */
  readonly contradictions: unknown;
  /** `obligations/sources.yaml`. */
  readonly sources: unknown;
  /** `obligations/catalogue/*.yaml` by name. */
  readonly catalogue: readonly ParsedFile[];
  /** `obligations/calendars/*.json` by name. */
  readonly calendars: readonly ParsedFile[];
}

/** One parsed file. */
export interface ParsedFile {
  /** For messages. */
  readonly file: string;
  readonly value: unknown;
}

const validate = new Ajv2020({ allErrors: false, allowUnionTypes: true }).compile<LawRecord>(schema);

/**
 * Checks parsed files and makes the law of them.
 *
 * @throws LAW_RECORD_INVALID naming file, record and place: also for a number without a source, a source that is not
 *   listed, a fact that is not in the vocabulary, and two versions of a duty in force on one day.
 */
export function loadLaw(files: LawFiles): Law {
  const vocabulary = parseVocabulary(files.facts);
  const calendars = new Map(
    files.calendars.map(({ file, value }) => {
      const calendar = parseCalendar(file, value);
      return [calendar.id, calendar];
    }),
  );
  if (!isJsonObject(files.sources)) throw invalid('sources.yaml', 'it is not an object');
  const sources = new Map(Object.entries(files.sources) as [string, string][]);
  const known: Known = { vocabulary, calendars, sources };
  const records = files.catalogue.flatMap(({ file, value }) => checkRecords(file, value, known));
  refuseOverlaps(records);
  return { vocabulary, calendars, sources, records, contradictions: files.contradictions as readonly Contradiction[] };
}

/**
 * Checks the records of one file. A file is a list of records, or a table of US states.
 *
 * @throws LAW_RECORD_INVALID
 */
export function checkRecords(file: string, value: unknown, known: Known): readonly LawRecord[] {
  const list: unknown = isJsonObject(value) && Array.isArray(value['states']) ? expandStates(value['states']) : value;
  if (!Array.isArray(list)) throw invalid(file, 'the file is not a list of records');
  return list.map((record: unknown, index) => {
    const id = isJsonObject(record) && typeof record['id'] === 'string' ? record['id'] : `record ${index + 1}`;
    if (!validate(record)) {
      const [error] = validate.errors ?? [];
      throw invalid(file, `${id}${error?.instancePath ?? ''} ${error?.message ?? 'does not fit the schema'}`);
    }
    checkRecord(`${file} ${id}`, record, known);
    return record;
  });
}

/** A sign-off of one version of one record by a named person. */
export interface Review {
  readonly id: string;
  /** `effective.from` of the version. */
  readonly version: string | null;
  readonly by: string;
  /** Day of the review. */
  readonly on: string;
}

/**
 * The records with an organisation's own reviews. A review counts for the version that it names only, and not when it is
 * older than the record's last check.
 */
export function withReviews(records: readonly LawRecord[], reviews: readonly Review[]): readonly LawRecord[] {
  return records.map((record) => {
    const review = reviews.find(({ id, version }) => id === record.id && version === record.effective.from);
    return review ? { ...record, verified: { ...record.verified, by: review.by, on: review.on } } : record;
  });
}

function invalid(place: string, why: string): CodedError {
  return new CodedError('LAW_RECORD_INVALID', `${place}: ${why}`);
}
