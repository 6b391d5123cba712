import { CodedError } from '../contracts/errors.ts';
import { factCatalogue } from '../contracts/facts.ts';
import { isJsonObject, type Json } from '../contracts/json.ts';
import type { Catalogue, ObligationRecord } from './record.ts';

/** One parsed file of the catalogue. */
export interface CatalogueFile {
  /** For messages. */
  readonly file: string;
  /** What the YAML parser gave: a list of records. */
  readonly records: unknown;
}

const STATUSES = ['in_force', 'pending', 'proposed', 'superseded'];
const MARKS = ['found', 'policy', 'secondary', 'memory'];
const TEXTS = ['id', 'title', 'of', 'recipient'] as const;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Checks parsed files and makes the catalogue of them.
 *
 * @throws OBLIGATION_CATALOGUE_INVALID naming file, record and place; also where two versions in force of one duty overlap.
 */
export function parseCatalogue(files: readonly CatalogueFile[]): Catalogue {
  const records = files.flatMap(({ file, records: list }) => {
    if (!Array.isArray(list)) throw invalid(file, 'the file is not a list of records');
    return list.map((record, index) => parseRecord(record, `${file} record ${index + 1}`));
  });
  for (const record of records) refuseOverlap(record, records);
  return { records };
}

function parseRecord(value: unknown, place: string): ObligationRecord {
  if (!isJsonObject(value)) throw invalid(place, 'it is not an object');
  for (const key of TEXTS)
    if (typeof value[key] !== 'string' || value[key] === '') throw invalid(place, `${key} is not a text`);
  if (!isOneOf(STATUSES, value['status'])) throw invalid(place, `status is none of ${STATUSES.join(', ')}`);
  const { citation, effective, verified, clock, remindHoursBefore, discharge } = value;
  if (!isJsonObject(citation) || typeof citation['text'] !== 'string') throw invalid(place, 'citation.text is missing');
  if (!isJsonObject(verified) || !isOneOf(MARKS, verified['mark']) || typeof verified['source'] !== 'string')
    throw invalid(place, `verified needs source and a mark of ${MARKS.join(', ')}`);
  if (!isJsonObject(effective) || !isDate(effective['from']) || !isDate(effective['to']))
    throw invalid(place, 'effective.from and effective.to are dates or null');
  if (value['status'] === 'in_force' && effective['from'] === null)
    throw invalid(place, 'what is in force has effective.from');
  checkClock(clock, place);
  if (!Array.isArray(remindHoursBefore) || !remindHoursBefore.every(isPositive))
    throw invalid(place, 'remindHoursBefore is a list of hours');
  checkDischarge(discharge, place);
  checkCondition(value['when'], `${place} when`);
  return value as unknown as ObligationRecord;
}

function checkClock(clock: Json | undefined, place: string): void {
  const limit = isJsonObject(clock) ? clock['limit'] : undefined;
  if (!isJsonObject(clock) || !isJsonObject(limit) || !isFact(clock['start']))
    throw invalid(place, 'clock needs the fact that starts it and a limit');
  if (!isPositive(limit['n']) || limit['unit'] !== 'hours') throw invalid(place, 'clock.limit is a number of hours');
  if (clock['basis'] !== 'law' && clock['basis'] !== 'policy') throw invalid(place, 'clock.basis is law or policy');
}

function checkDischarge(discharge: Json | undefined, place: string): void {
  const isFiling = isJsonObject(discharge) && isOneOf(['authority', 'law-enforcement'], discharge['filing']);
  const isFactual = isJsonObject(discharge) && isFact(discharge['fact']) && isPositive(discharge['atLeast']);
  if (isFiling === isFactual) throw invalid(place, 'discharge is a filing or a fact with atLeast');
}

function checkCondition(condition: Json | undefined, place: string): void {
  if (!isJsonObject(condition)) throw invalid(place, 'it is not a condition');
  const branches = condition['all'] ?? condition['any'];
  if (Array.isArray(branches) && branches.length > 0) {
    branches.forEach((branch: Json, index) => {
      checkCondition(branch, `${place}[${index}]`);
    });
    return;
  }
  const isTest = 'is' in condition || Array.isArray(condition['in']) || typeof condition['atLeast'] === 'number';
  if (!isFact(condition['fact']) || !isTest) throw invalid(place, 'it names no known fact, or no test of it');
}

function refuseOverlap(record: ObligationRecord, all: readonly ObligationRecord[]): void {
  if (record.status !== 'in_force') return;
  const until = (other: ObligationRecord): string => other.effective.to ?? '9999-12-31';
  const from = (other: ObligationRecord): string => other.effective.from ?? '0000-01-01';
  const twin = all.find(
    (other) =>
      other !== record &&
      other.id === record.id &&
      other.status === 'in_force' &&
      from(other) < until(record) &&
      from(record) < until(other),
  );
  if (twin) throw invalid(record.id, 'two versions are in force on the same day');
}

const isOneOf = (list: readonly string[], value: unknown): boolean => list.some((entry) => entry === value);
const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0 && Number.isFinite(value);
const isDate = (value: unknown): boolean => value === null || (typeof value === 'string' && DATE.test(value));
const isFact = (value: unknown): boolean => typeof value === 'string' && Object.hasOwn(factCatalogue, value);

function invalid(place: string, why: string): CodedError {
  return new CodedError('OBLIGATION_CATALOGUE_INVALID', `${place}: ${why}`);
}
