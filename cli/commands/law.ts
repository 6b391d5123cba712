import { resolve } from 'node:path';
import { readFile } from 'node:fs/promises';
import { CodedError } from '../../contracts/errors.ts';
import { instantTextMs } from '../../contracts/instant-text.ts';
import { isJsonObject } from '../../contracts/json.ts';
import { openQuestions } from '../../obligations/law/ask.ts';
import { contractRecords, type ContractClause } from '../../obligations/law/contracts.ts';
import { assessLaw, versionOn, type Answer, type Law } from '../../obligations/law/law.ts';
import { checkRecords, loadLaw, withReviews, type Review } from '../../obligations/law/load.ts';
import { isReviewed, markOfRecord } from '../../obligations/law/marks.ts';
import { projectClocks } from '../../obligations/law/project.ts';
import { readFacts } from '../../obligations/law/read-facts.ts';
import type { LawRecord } from '../../obligations/law/record.ts';
import type { CommonOptions, Session } from '../session.ts';
import { table } from '../table.ts';
import { parseText, readLawFiles } from './law-files.ts';
import { assessmentLines, clockLines, questionLines, recordLines } from './law-lines.ts';

/** What `law assess` and `law ask` are given. */
export interface AssessOptions extends CommonOptions {
  readonly facts: string;
  readonly at?: string;
  readonly reviews?: string;
}

/** What `law clock` is given. */
export interface ClockOptions {
  readonly from: string;
  readonly facts?: string;
}

/** `firebreak law assess`. */
export async function assess(session: Session, options: AssessOptions): Promise<void> {
  const { answer, at } = await answered(session, options);
  session.show({ at, ...answer }, () => assessmentLines(answer, at));
}

/** `firebreak law ask`. */
export async function ask(session: Session, options: AssessOptions): Promise<void> {
  const { answer, law } = await answered(session, options);
  const questions = openQuestions(answer, law.vocabulary);
  session.show({ questions }, () => questionLines(questions));
}

/** `firebreak law explain`. @throws LAW_RECORD_UNKNOWN */
export function explainRecord(session: Session, id: string): void {
  const law = loadLaw(readLawFiles());
  const versions = versionsOf(law, id);
  session.show({ id, versions }, () => versions.flatMap((record) => recordLines(record, law)));
}

/** `firebreak law clock`. @throws LAW_RECORD_UNKNOWN, LAW_RECORD_EXPIRED where no version holds at the instant */
export async function clock(session: Session, id: string, { from, facts }: ClockOptions): Promise<void> {
  const law = loadLaw(readLawFiles());
  const startMs = instantOf(from, '--from');
  const date = new Date(startMs).toISOString().slice(0, 10);
  const record = versionOn(versionsOf(law, id), date);
  if (!record) throw new CodedError('LAW_RECORD_EXPIRED', `${id} has no version in force on ${date}`);
  const known = readFacts(facts === undefined ? { facts: {} } : await read(session, facts), law);
  const phases = projectClocks(record, startMs, known, law);
  const answer = {
    ...{ id, version: record.effective.from, from: new Date(startMs).toISOString() },
    reviewed: isReviewed(record),
    mark: markOfRecord(record),
    phases: phases.map(({ phase, clock: found, isChained }) => ({
      ...{ id: phase.id, title: phase.title, start: phase.start, qualifier: phase.qualifier ?? null },
      dueAt: found.dueMs === undefined ? null : new Date(found.dueMs).toISOString(),
      informationalDueAt: found.informationalMs === undefined ? null : new Date(found.informationalMs).toISOString(),
      provisional: found.isProvisional || isChained || !isReviewed(record),
      ...{ arithmetic: found.arithmetic, missingFacts: found.missing },
      problems: found.problems,
    })),
    problems: known.problems,
  };
  session.show(answer, () => clockLines(answer));
}

/** `firebreak law catalogue`. */
export function catalogue(session: Session): void {
  const { records } = loadLaw(readLawFiles());
  const rows = records.map((record) => ({
    ...{ id: record.id, regime: record.regime, title: record.title, status: record.status },
    ...{ from: record.effective.from, to: record.effective.to, asOf: record.verified.asOf },
    mark: markOfRecord(record),
    reviewedBy: record.verified.by,
  }));
  session.show({ records: rows }, () =>
    table(
      ['ID', 'STATUS', 'FROM', 'TO', 'MARK', 'TITLE'],
      rows.map(({ id, status, from, to, mark, title }) => [id, status, from ?? '', to ?? '', mark, title]),
    ),
  );
}

interface Answered {
  readonly answer: Answer;
  readonly law: Law;
  readonly at: string;
}

async function answered(session: Session, options: AssessOptions): Promise<Answered> {
  const loaded = loadLaw(readLawFiles());
  const reviews = options.reviews === undefined ? [] : await readReviews(session, options.reviews);
  const law: Law = { ...loaded, records: withReviews(loaded.records, reviews) };
  const atMs = options.at === undefined ? Date.now() : instantOf(options.at, '--at');
  const document = await read(session, options.facts);
  const answer = assessLaw(readFacts(document, { ...law, atMs }), law, clausesOf(document, options.facts, law));
  return { answer, law, at: new Date(atMs).toISOString() };
}

/** Records of the clauses that a facts file holds; checked like every other. */
function clausesOf(document: unknown, file: string, law: Law): readonly LawRecord[] {
  const clauses = isJsonObject(document) ? document['contracts'] : undefined;
  if (clauses === undefined) return [];
  if (!Array.isArray(clauses) || !clauses.every(isJsonObject))
    throw new CodedError('LAW_RECORD_INVALID', `${file}: \`contracts\` is a list of clauses`);
  return checkRecords(`${file} contracts`, contractRecords(clauses as unknown as ContractClause[]), law);
}

async function readReviews(session: Session, file: string): Promise<readonly Review[]> {
  const reviews = await read(session, file);
  const isReview = (review: unknown): boolean =>
    isJsonObject(review) && ['id', 'by', 'on'].every((key) => typeof review[key] === 'string') && 'version' in review;
  if (Array.isArray(reviews) && reviews.every(isReview)) return reviews as Review[];
  throw new CodedError('LAW_RECORD_INVALID', `${file}: it is not a list of {id, version, by, on}`);
}

function versionsOf({ records }: Law, id: string): readonly LawRecord[] {
  const versions = records.filter((record) => record.id === id);
  if (versions.length === 0) throw new CodedError('LAW_RECORD_UNKNOWN', `there is no record ${id.slice(0, 80)}`);
  return versions;
}

function instantOf(text: string, option: string): number {
  const ms = instantTextMs(text);
  if (ms === undefined)
    throw new CodedError('OBLIGATION_INSTANT_INVALID', `${option} "${text.slice(0, 40)}" is not an instant`);
  return ms;
}

async function read({ terminal }: Session, file: string): Promise<unknown> {
  try {
    return parseText(
      file === '-' ? await terminal.readInput() : await readFile(resolve(terminal.folder, file), 'utf8'),
    );
  } catch (cause) {
    throw new CodedError('CLI_USAGE', `${file} cannot be read as YAML or JSON`, { cause });
  }
}
