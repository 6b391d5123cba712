import { createHash, randomBytes, randomUUID } from 'node:crypto';
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

const CLASS_OF: Readonly<Record<DatasetKind, KeyClass>> = { credentials: 'secrets', people: 'people' };

interface RefRow {
  readonly id: string;
  readonly part: string;
  readonly kind: DatasetKind;
  readonly count: number;
  readonly digest: string;
}

interface StoredRow {
  readonly position: number;
  readonly subject: string;
  readonly attributes: JsonObject;
  readonly sealed: Buffer | null;
}

interface PreparedRow extends NewRow {
  readonly salt: Buffer;
}

function toRef({ id, kind, count, digest }: RefRow): DatasetRef {
  return { id, kind, count, digest: digest as Digest };
}

/** What a row adds to its leaf: subject and salted commitment to the attributes; the sealed part stays outside. */
function rowHash({ subject, attributes, salt }: PreparedRow): Buffer {
  const commitment = createHash('sha256').update(salt).update(canonicalJson(attributes)).digest();
  return createHash('sha256').update(subject).update(commitment).digest();
}

function digestOf(rows: readonly PreparedRow[]): Digest {
  const leaves: Buffer[] = [];
  for (let start = 0; start < rows.length; start += LEAF_ROWS)
    leaves.push(leafHash(rows.slice(start, start + LEAF_ROWS).map(rowHash)));
  return merkleRoot(leaves);
}

/** Unique by subject (the first one stays) and ordered by it. */
async function prepare(rows: AsyncIterable<NewRow> | Iterable<NewRow>): Promise<readonly PreparedRow[]> {
  const bySubject = new Map<string, PreparedRow>();
  for await (const row of rows) {
    if (!bySubject.has(row.subject)) bySubject.set(row.subject, { ...row, salt: randomBytes(SALT_BYTES) });
  }
  return [...bySubject.values()].sort((left, right) => (left.subject < right.subject ? -1 : 1));
}

/** jsonb refuses U+0000; a name that holds one is shown with the replacement character. */
function storable(attributes: JsonObject): string {
  return JSON.stringify(attributes).replaceAll('\\u0000', '\\ufffd');
}

async function insertRows(tx: Queryable, dataset: string, rows: readonly PreparedRow[], key: Buffer): Promise<void> {
  for (let start = 0; start < rows.length; start += INSERT_ROWS) {
    const part = rows.slice(start, start + INSERT_ROWS);
    await tx.query(
      `insert into dataset_rows (dataset, position, subject, attributes, salt, sealed)
       select $1, * from unnest($2::int[], $3::text[], $4::jsonb[], $5::bytea[], $6::bytea[])`,
      [
        dataset,
        part.map((_, index) => start + index),
        part.map(({ subject }) => subject),
        part.map(({ attributes }) => storable(attributes)),
        part.map(({ salt }) => salt),
        part.map((row) => seal(key, Buffer.from(JSON.stringify(row.sealed)), `${dataset}/${row.subject}`)),
      ],
    );
  }
}

/** Opens the sealed parts of rows. */
function opened(dataset: string, rows: readonly StoredRow[], key: Buffer | undefined): readonly DatasetRow[] {
  return rows.map(({ position, subject, attributes, sealed }) => ({
    position,
    subject,
    attributes,
    sealed:
      key && sealed ? (JSON.parse(unseal(key, sealed, `${dataset}/${subject}`).toString('utf8')) as Json) : undefined,
  }));
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
      return database.transaction(async (tx) => {
        await tx.query('select 1 from incidents where number = $1 for update', [number]); // a second attempt waits here and finds the first one's
        const first = await stored(tx);
        if (Object.keys(first).length > 0) return first;
        for (const { part, kind, rows } of prepared) {
          const id = randomUUID();
          await tx.query(
            'insert into datasets (id, incident, step, visit, part, kind, count, digest) values ($1, $2, $3, $4, $5, $6, $7, $8)',
            [...[id, number, step, visit, part, kind, rows.length, digestOf(rows)]],
          );
          await insertRows(tx, id, rows, await keyring.sealingKey(incident, CLASS_OF[kind]));
        }
        return stored(tx);
      });
    },
    async read(incident, dataset, { from, to, first = [], open = false }) {
      await check(incident, dataset);
      const key = open ? await keyring.classKey(incident, CLASS_OF[dataset.kind]) : undefined;
      const positions = await orderOf(dataset, first, from, to);
      const rows = await database.query<StoredRow>(
        `select position, subject, attributes, ${open ? 'sealed' : 'null as sealed'} from dataset_rows where dataset = $1 and position = any($2::int[])`,
        [dataset.id, positions],
      );
      const place = new Map(positions.map((position, index) => [position, index]));
      return opened(
        dataset.id,
        [...rows].sort((left, right) => place.get(left.position)! - place.get(right.position)!),
        key,
      );
    },
    async *stream(incident, dataset) {
      await check(incident, dataset);
      for (let from = 0; from < dataset.count; from += INSERT_ROWS) {
        const rows = await database.query<StoredRow>(
          'select position, subject, attributes, null as sealed from dataset_rows where dataset = $1 and position >= $2 and position < $3 order by position',
          [dataset.id, from, from + INSERT_ROWS],
        );
        yield* opened(dataset.id, rows, undefined);
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
