import { randomUUID } from 'node:crypto';
import type { DatasetKind, DatasetRef } from '../../contracts/dataset.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { Database, Queryable } from '../database.ts';
import type { DatasetStore } from '../ports.ts';
import type { Keyring } from '../keys.ts';
import { CLASS_OF, digestOf, prepareRows, rowProof, sealRow, type PreparedRow } from './rows.ts';

const INSERT_ROWS = 1_000; // rows a statement: some hundred kilobytes

interface RefRow {
  readonly id: string;
  readonly part: string;
  readonly kind: DatasetKind;
  readonly count: number;
  readonly digest: string;
}

interface Part {
  readonly name: string;
  readonly kind: DatasetKind;
  readonly rows: readonly PreparedRow[];
  readonly sealingKey: Uint8Array;
}

/** Who a dataset belongs to: what makes a retry find it. */
interface Owner {
  readonly number: number;
  readonly step: string;
  readonly visit: number;
}

async function stored(db: Queryable, { number, step, visit }: Owner): Promise<Record<string, DatasetRef> | undefined> {
  const rows = await db.query<RefRow>(
    'select id, part, kind, count, digest from datasets where incident = $1 and step = $2 and visit = $3',
    [number, step, visit],
  );
  if (rows.length === 0) return undefined;
  return Object.fromEntries(
    rows.map(({ id, part, kind, count, digest }) => [part, { id, kind, count, digest: digest as Digest }]),
  );
}

async function insertPart(tx: Queryable, owner: Owner, part: Part, proofKey: Uint8Array): Promise<DatasetRef> {
  const { name, kind, rows, sealingKey } = part;
  const ref: DatasetRef = { id: randomUUID(), kind, count: rows.length, digest: digestOf(rows) };
  await tx.query(
    'insert into datasets (id, incident, step, visit, part, kind, count, digest) values ($1, $2, $3, $4, $5, $6, $7, $8)',
    [ref.id, owner.number, owner.step, owner.visit, name, kind, ref.count, ref.digest],
  );
  for (let start = 0; start < rows.length; start += INSERT_ROWS) {
    const some = rows.slice(start, start + INSERT_ROWS);
    await tx.query(
      `insert into dataset_rows (dataset, position, subject, attributes, salt, proof, sealed)
       select $1, * from unnest($2::int[], $3::text[], $4::jsonb[], $5::bytea[], $6::bytea[], $7::bytea[])`,
      [
        ref.id,
        some.map((_, index) => start + index),
        some.map(({ subject }) => subject),
        some.map(({ attributes }) => JSON.stringify(attributes)),
        some.map(({ salt }) => salt),
        some.map((row, index) => rowProof(proofKey, ref.id, start + index, row)),
        some.map((row) => sealRow(sealingKey, ref.id, row)),
      ],
    );
  }
  return ref;
}

/** Writing datasets: all parts of a step visit in one commit, once. */
export function datasetWrites(database: Database, keyring: Keyring): Pick<DatasetStore, 'write' | 'deposit'> {
  const writeWith =
    (keyOf: Keyring['classKey']): DatasetStore['write'] =>
    async ({ incident, step, visit }, parts) => {
      const owner = { number: await keyring.number(incident), step, visit };
      const before = await stored(database, owner);
      if (before) return before;
      const proofKey = await keyring.recordKey(incident, 'rows');
      const prepared = await Promise.all(
        Object.entries(parts).map(async ([name, { kind, rows }]) => ({
          name,
          kind,
          rows: await prepareRows(rows),
          sealingKey: await keyOf(incident, CLASS_OF[kind]),
        })),
      );
      return database.transaction(async (tx) => {
        // A second attempt waits here and finds what the first one wrote.
        await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
          `dataset/${owner.number}/${step}#${visit}`,
        ]);
        const first = await stored(tx, owner);
        if (first) return first;
        const refs: Record<string, DatasetRef> = {};
        for (const part of prepared) refs[part.name] = await insertPart(tx, owner, part, proofKey);
        return refs;
      });
    };
  return {
    write: writeWith((incident, keyClass) => keyring.classKey(incident, keyClass)),
    deposit: writeWith((incident, keyClass) => keyring.depositKey(incident, keyClass)),
  };
}
