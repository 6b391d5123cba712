import { randomUUID } from 'node:crypto';
import { CodedError } from '../../contracts/errors.ts';
import type { NewRow, PlacedRow } from '../ports.ts';
import type { Database, Queryable } from '../database.ts';
import { prepareRow, sealRow, type PreparedRow } from './rows.ts';

/** Rows a statement: some hundred kilobytes, and a multiple of the rows of a leaf. */
const CHUNK_ROWS = 1_000;

/** A dataset to be: a part of what a step visit writes. */
export interface DraftPart {
  readonly name: string;
  /** Id of the dataset, which its sealed values are bound to. */
  readonly id: string;
  readonly sealingKey: Uint8Array;
}

/** Who a dataset belongs to: what makes a retry find it. */
export interface Owner {
  readonly number: number;
  readonly step: string;
  readonly visit: number;
}

/** A row of a draft, in the order of the datasets to be. */
export interface DraftRow {
  readonly subject: string;
  readonly hash: Buffer;
  readonly parts: Buffer;
}

/** Rows that were taken in, each subject once, and how many these are. */
export interface Draft {
  readonly id: string;
  readonly parts: readonly DraftPart[];
  readonly count: number;
}

const TAKE_IN = `
with taken as (
  insert into dataset_draft_rows (draft, subject, attributes, salt, hash, parts, sealed)
  select $1, subject, attributes, salt, hash, parts, sealed
  from unnest($2::text[], $3::jsonb[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[])
    with ordinality as given (subject, attributes, salt, hash, parts, sealed, place)
  order by place on conflict do nothing returning 1)
select count(*)::int as count from taken`;

/** All but the first part of a row are cut out of its sealed values by length; positions follow the order of subjects. */
const MOVE = `
insert into dataset_rows (dataset, position, subject, attributes, salt, proof, sealed)
select $1, $2::int + place, subject, attributes, salt, substring($3::bytea from place * 32 + 1 for 32),
  substring(sealed from (nth - 1) * size + 1 for size)
from (
  select subject, attributes, salt, sealed, (row_number() over (order by subject))::int - 1 as place,
    position($4::bytea in parts) as nth, octet_length(sealed) / octet_length(parts) as size
  from dataset_draft_rows
  where draft = $5 and subject >= $6 and subject <= $7 and position($4::bytea in parts) > 0) as rows`;

/** From a subject on, since what this transaction deleted is read over again. */
const EMPTY = `
with last as (
  select max(subject) as subject from (
    select subject from dataset_draft_rows where draft = $1 and subject >= $2 order by subject limit 10000) as next),
gone as (
  delete from dataset_draft_rows where draft = $1 and subject >= $2 and subject <= (select subject from last))
select subject from last`;

function placeOf(parts: readonly DraftPart[], name: string): number {
  const place = parts.findIndex((part) => part.name === name);
  if (place < 0) throw new TypeError(`a row goes into "${name}", which is no part of the write`);
  return place;
}

async function takeChunk(
  database: Database,
  draft: string,
  parts: readonly DraftPart[],
  chunk: readonly PlacedRow[],
): Promise<number> {
  const rows = chunk.map(({ row, into }) => ({
    ...prepareRow(row),
    places: into.map((name) => placeOf(parts, name)),
    sealed: row.sealed,
  }));
  const sealedFor = (row: PreparedRow & Pick<NewRow, 'sealed'> & { readonly places: readonly number[] }): Buffer =>
    Buffer.concat(row.places.map((place) => sealRow(parts[place]!.sealingKey, parts[place]!.id, row)));
  const [taken] = await database.query<{ count: number }>(TAKE_IN, [
    draft,
    rows.map(({ subject }) => subject),
    rows.map(({ attributes }) => JSON.stringify(attributes)),
    rows.map(({ salt }) => salt),
    rows.map(({ hash }) => hash),
    rows.map(({ places }) => Buffer.from(places)),
    rows.map(sealedFor),
  ]);
  return taken!.count;
}

/**
 * Takes a stream of rows into a draft, a chunk at a time; of rows with one subject the first one stays. A row that goes into
 * no part is left out.
 */
export async function takeIn(
  database: Database,
  owner: Owner,
  parts: readonly DraftPart[],
  rows: AsyncIterable<PlacedRow> | Iterable<PlacedRow>,
): Promise<Draft> {
  const id = randomUUID();
  await database.query('insert into dataset_drafts (id, incident, step, visit) values ($1, $2, $3, $4)', [
    ...[id, owner.number, owner.step, owner.visit],
  ]);
  try {
    let count = 0;
    let chunk: PlacedRow[] = [];
    for await (const placed of rows) {
      if (placed.into.length === 0 || chunk.push(placed) < CHUNK_ROWS) continue;
      count += await takeChunk(database, id, parts, chunk);
      chunk = [];
    }
    if (chunk.length > 0) count += await takeChunk(database, id, parts, chunk);
    return { id, parts, count };
  } catch (error) {
    await discard(database, [id]).catch(() => undefined); // what broke the source, or the database, is what matters
    throw error;
  }
}

/**
 * The rows of a draft in the order of their subjects, a chunk at a time.
 *
 * @throws DATASET_DRAFT_LOST when rows went away since they were taken in.
 */
export async function* inOrder(tx: Queryable, { id, count }: Draft): AsyncGenerator<readonly DraftRow[]> {
  let seen = 0;
  let after: string | undefined;
  for (;;) {
    const chunk: readonly DraftRow[] = await tx.query(
      `select subject, hash, parts from dataset_draft_rows
       where draft = $1 and subject ${after === undefined ? '>=' : '>'} $2 order by subject limit ${CHUNK_ROWS}`,
      [id, after ?? ''],
    );
    if (chunk.length === 0) break;
    yield chunk;
    seen += chunk.length;
    after = chunk.at(-1)!.subject;
  }
  if (seen !== count) throw new CodedError('DATASET_DRAFT_LOST', `a draft of ${count} rows has ${seen} left`);
}

/**
 * Moves the rows of one chunk that go into a part to its dataset.
 *
 * @param place - of the part in the draft's list.
 * @param position - of the first of them.
 * @param proofs - one a row, 32 bytes each, in order.
 */
export async function moveInto(
  tx: Queryable,
  draft: Draft,
  chunk: readonly DraftRow[],
  {
    place,
    position,
    proofs,
  }: { readonly place: number; readonly position: number; readonly proofs: readonly Buffer[] },
): Promise<void> {
  await tx.query(MOVE, [
    ...[draft.parts[place]!.id, position, Buffer.concat(proofs), Buffer.of(place), draft.id],
    ...[chunk[0]!.subject, chunk.at(-1)!.subject],
  ]);
}

/** Deletes drafts and their rows, a chunk at a time. */
export async function discard(db: Queryable, drafts: readonly string[]): Promise<void> {
  for (const draft of drafts) {
    let from: string | null = '';
    while (from !== null) {
      const [last]: readonly { readonly subject: string | null }[] = await db.query(EMPTY, [draft, from]);
      from = last!.subject;
    }
    await db.query('delete from dataset_drafts where id = $1', [draft]);
  }
}

/** Every draft of an owner: of this attempt, and of those that died before they could finish. */
export async function draftsOf(db: Queryable, { number, step, visit }: Owner): Promise<readonly string[]> {
  const rows = await db.query<{ id: string }>(
    'select id from dataset_drafts where incident = $1 and step = $2 and visit = $3',
    [number, step, visit],
  );
  return rows.map(({ id }) => id);
}
