import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { CodedError } from '../contracts/errors.ts';
import { canonicalJson, type Json, type JsonObject } from '../contracts/json.ts';
import type { DatasetKind, DatasetRef, DatasetRow, KeyClass } from '../contracts/dataset.ts';
import type { Digest, IncidentId } from '../contracts/ids.ts';
import type { Database, Queryable } from './database.ts';
import type { DatasetStore, NewRow } from './ports.ts';
import type { Keyring } from './keys.ts';
import { LEAF_ROWS, leafHash, merkleRoot } from './merkle.ts';
import { rolloutOrder } from './rollout-order.ts';
import { seal, unseal } from './sealing.ts';

const INSERT_ROWS = 1_000; // rows a statement
const SALT_BYTES = 16;

const ROW = 'position, subject, attributes, salt, proof'; // columns of a row without its sealed part

const CLASS_OF: Readonly<Record<DatasetKind, KeyClass>> = { credentials: 'secrets', people: 'people' };

interface RefRow {
  readonly id: string;
  readonly part: string;
  readonly kind: DatasetKind;
  readonly count: number;
  readonly digest: string;
}

interface StoredRow extends Provable {
  readonly position: number;
  readonly proof: Buffer;
  readonly sealed: Buffer | null;
}

/** What of a row the digest covers. */
interface Provable {
  readonly subject: string;
  readonly attributes: JsonObject;
  readonly salt: Buffer;
}

type PreparedRow = Provable & Pick<NewRow, 'sealed'>;

/** Keys that a part is written or read with. */
interface RowKeys {
  /** Proves rows. */
  readonly rows: Buffer;
  /** Seals and opens raw values; `undefined` where they stay sealed. */
  readonly sealed: Buffer | undefined;
}

function toRef({ id, kind, count, digest }: RefRow): DatasetRef {
  return { id, kind, count, digest: digest as Digest };
}

/** What a row adds to its leaf: subject and salted commitment to the attributes; the sealed part stays outside. */
function rowHash({ subject, attributes, salt }: Provable): Buffer {
  const commitment = createHash('sha256').update(salt).update(canonicalJson(attributes)).digest();
  return createHash('sha256').update(subject).update(commitment).digest();
}

/** Binds a row to its place: each page proves itself, in whatever order its rows are read. */
function rowProof(key: Buffer, dataset: string, position: number, row: Provable): Buffer {
  return createHmac('sha256', key).update(`${dataset}/${position}/`).update(rowHash(row)).digest();
}

function digestOf(rows: readonly PreparedRow[]): Digest {
  const leaves: Buffer[] = [];
  for (let start = 0; start < rows.length; start += LEAF_ROWS)
    leaves.push(leafHash(rows.slice(start, start + LEAF_ROWS).map(rowHash)));
  return merkleRoot(leaves);
}

/** jsonb refuses U+0000; a name that holds one is kept, and hashed, with the replacement character. */
function storable(attributes: JsonObject): JsonObject {
  const text = JSON.stringify(attributes);
  return text.includes('\\u0000') ? (JSON.parse(text.replaceAll('\\u0000', '\\ufffd')) as JsonObject) : attributes;
}

/** Unique by subject (the first one stays) and ordered by it. */
async function prepare(rows: AsyncIterable<NewRow> | Iterable<NewRow>): Promise<readonly PreparedRow[]> {
  const bySubject = new Map<string, PreparedRow>();
  for await (const { subject, attributes, sealed } of rows) {
    if (bySubject.has(subject)) continue;
    bySubject.set(subject, { subject, attributes: storable(attributes), salt: randomBytes(SALT_BYTES), sealed });
  }
  return [...bySubject.values()].sort((left, right) => (left.subject < right.subject ? -1 : 1));
}

async function insertRows(tx: Queryable, dataset: string, rows: readonly PreparedRow[], keys: RowKeys): Promise<void> {
  for (let start = 0; start < rows.length; start += INSERT_ROWS) {
    const part = rows.slice(start, start + INSERT_ROWS);
    await tx.query(
      `insert into dataset_rows (dataset, position, subject, attributes, salt, proof, sealed)
       select $1, * from unnest($2::int[], $3::text[], $4::jsonb[], $5::bytea[], $6::bytea[], $7::bytea[])`,
      [
        dataset,
        part.map((_, index) => start + index),
        part.map(({ subject }) => subject),
        part.map(({ attributes }) => JSON.stringify(attributes)),
        part.map(({ salt }) => salt),
        part.map((row, index) => rowProof(keys.rows, dataset, start + index, row)),
        part.map((row) => seal(keys.sealed!, Buffer.from(JSON.stringify(row.sealed)), `${dataset}/${row.subject}`)),
      ],
    );
  }
}

/** Proves rows and opens their sealed parts. @throws DATASET_KEY_CHANGED for a row that was changed from outside. */
function opened(dataset: string, rows: readonly StoredRow[], keys: RowKeys): readonly DatasetRow[] {
  return rows.map((row) => {
    const { position, subject, attributes, proof, sealed } = row;
    if (!timingSafeEqual(proof, rowProof(keys.rows, dataset, position, row)))
      throw new CodedError('DATASET_KEY_CHANGED', `row ${position} of dataset ${dataset} is not what was written`);
    const plain = keys.sealed && sealed && unseal(keys.sealed, sealed, `${dataset}/${subject}`);
    return { position, subject, attributes, sealed: plain ? (JSON.parse(plain.toString('utf8')) as Json) : undefined };
  });
}

/** Datasets in PostgreSQL. */
export function datasetStore(database: Database, keyring: Keyring): DatasetStore {
  const orderOf = rolloutOrder(database);

  async function check(incident: IncidentId, dataset: DatasetRef): Promise<void> {
    const number = await keyring.number(incident);
    const [row] = await database.query<{ digest: string }>(
      'select digest from datasets where id = $1 and incident = $2',
      [dataset.id, number],
      'dataset-check',
    );
    if (!row) throw new CodedError('DATASET_UNKNOWN', `${incident} has no dataset ${dataset.id}`);
    if (row.digest !== dataset.digest)
      throw new CodedError('DATASET_KEY_CHANGED', `dataset ${dataset.id} has another digest than it is referred to by`);
  }

  return {
    async write({ incident, step, visit }, parts) {
      const number = await keyring.number(incident);
      const stored = async (db: Queryable): Promise<Record<string, DatasetRef>> => {
        const rows = await db.query<RefRow>(
          'select id, part, kind, count, digest from datasets where incident = $1 and step = $2 and visit = $3',
          [number, step, visit],
        );
        return Object.fromEntries(rows.map((row) => [row.part, toRef(row)]));
      };
      const before = await stored(database);
      if (Object.keys(before).length > 0) return before;
      const prepared = await Promise.all(
        Object.entries(parts).map(async ([part, { kind, rows }]) => ({ part, kind, rows: await prepare(rows) })),
      );
      const rowKey = await keyring.recordKey(incident, 'rows');
      const keys = new Map<DatasetKind, Buffer>();
      for (const { kind } of prepared) keys.set(kind, await keyring.classKey(incident, CLASS_OF[kind]));
      return database.transaction(async (tx) => {
        // A second attempt waits here and finds what the first one wrote.
        await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`dataset/${number}/${step}#${visit}`]);
        const first = await stored(tx);
        if (Object.keys(first).length > 0) return first;
        for (const { part, kind, rows } of prepared) {
          const id = randomUUID();
          await tx.query(
            'insert into datasets (id, incident, step, visit, part, kind, count, digest) values ($1, $2, $3, $4, $5, $6, $7, $8)',
            [...[id, number, step, visit, part, kind, rows.length, digestOf(rows)]],
          );
          await insertRows(tx, id, rows, { rows: rowKey, sealed: keys.get(kind) });
        }
        return stored(tx);
      });
    },
    async read(incident, dataset, { from, to, first = [], open = false }) {
      await check(incident, dataset);
      const keys = {
        rows: await keyring.recordKey(incident, 'rows'),
        sealed: open ? await keyring.classKey(incident, CLASS_OF[dataset.kind]) : undefined,
      };
      const positions = await orderOf(dataset, first, from, to);
      const rows = await database.query<StoredRow>(
        `select ${ROW}, ${open ? 'sealed' : 'null as sealed'} from dataset_rows where dataset = $1 and position = any($2::int[])`,
        [dataset.id, positions],
      );
      if (rows.length !== positions.length)
        throw new CodedError(
          'DATASET_KEY_CHANGED',
          `dataset ${dataset.id} lacks ${positions.length - rows.length} of its rows`,
        );
      const place = new Map(positions.map((position, index) => [position, index]));
      return opened(
        dataset.id,
        [...rows].sort((left, right) => place.get(left.position)! - place.get(right.position)!),
        keys,
      );
    },
    async *stream(incident, dataset) {
      await check(incident, dataset);
      const keys = { rows: await keyring.recordKey(incident, 'rows'), sealed: undefined };
      for (let from = 0; from < dataset.count; from += INSERT_ROWS) {
        const rows = await database.query<StoredRow>(
          `select ${ROW}, null as sealed from dataset_rows where dataset = $1 and position >= $2 and position < $3 order by position`,
          [dataset.id, from, from + INSERT_ROWS],
        );
        yield* opened(dataset.id, rows, keys);
      }
    },
    async countBy(incident, dataset, attribute) {
      await check(incident, dataset);
      const rows = await database.query<{ value: string; count: number }>(
        "select coalesce(attributes->>$2, '') as value, count(*)::int as count from dataset_rows where dataset = $1 group by 1 order by 1",
        [dataset.id, attribute],
      );
      return Object.fromEntries(rows.map(({ value, count }) => [value, count]));
    },
    async destroySealed(incident, dataset, subjects) {
      await check(incident, dataset);
      await database.query('update dataset_rows set sealed = null where dataset = $1 and subject = any($2::text[])', [
        dataset.id,
        subjects,
      ]);
    },
  };
}
