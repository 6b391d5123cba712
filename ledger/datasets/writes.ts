import { randomUUID } from 'node:crypto';
import type { DatasetKind, DatasetRef } from '../../contracts/dataset.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { Database, Queryable } from '../database.ts';
import type { DatasetStore, NewRow, PlacedRow } from '../ports.ts';
import type { Keyring } from '../keys.ts';
import { discard, draftsOf, inOrder, moveInto, takeIn, type Draft, type DraftPart, type Owner } from './drafts.ts';
import { RunningDigest } from './merkle.ts';
import { CLASS_OF, rowProof } from './rows.ts';

type Refs = Readonly<Record<string, DatasetRef>>;
type Rows<Row> = AsyncIterable<Row> | Iterable<Row>;

/** One stream of rows, unique by subject, and the datasets that they go into. */
interface Sheet {
  readonly kinds: Readonly<Record<string, DatasetKind>>;
  readonly rows: Rows<PlacedRow>;
}

interface RefRow {
  readonly id: string;
  readonly part: string;
  readonly kind: DatasetKind;
  readonly count: number;
  readonly digest: string;
}

async function stored(db: Queryable, { number, step, visit }: Owner): Promise<Refs | undefined> {
  const rows = await db.query<RefRow>(
    'select id, part, kind, count, digest from datasets where incident = $1 and step = $2 and visit = $3',
    [number, step, visit],
  );
  if (rows.length === 0) return undefined;
  return Object.fromEntries(
    rows.map(({ id, part, kind, count, digest }) => [part, { id, kind, count, digest: digest as Digest }]),
  );
}

/** Makes datasets of a draft: places, proofs and digests, a chunk at a time. */
async function finish(
  tx: Queryable,
  { number, step, visit }: Owner,
  draft: Draft,
  kinds: Sheet['kinds'],
  proofKey: Uint8Array,
): Promise<Refs> {
  for (const { id, name } of draft.parts)
    await tx.query(
      "insert into datasets (id, incident, step, visit, part, kind, count, digest) values ($1, $2, $3, $4, $5, $6, 0, '')",
      [id, number, step, visit, name, kinds[name]],
    );
  const sets = draft.parts.map(({ name, id }) => ({ name, id, count: 0, digest: new RunningDigest() }));
  for await (const chunk of inOrder(tx, draft)) {
    for (const [place, set] of sets.entries()) {
      const hashes = chunk.filter(({ parts }) => parts.includes(place)).map(({ hash }) => hash);
      if (hashes.length === 0) continue;
      const position = set.count;
      const proofs = hashes.map((hash, index) => rowProof(proofKey, set.id, position + index, hash));
      await moveInto(tx, draft, chunk, { place, position, proofs });
      for (const hash of hashes) set.digest.add(hash);
      set.count += hashes.length;
    }
  }
  const refs: Record<string, DatasetRef> = {};
  for (const { name, id, count, digest } of sets) {
    refs[name] = { id, kind: kinds[name]!, count, digest: digest.digest() };
    await tx.query('update datasets set count = $2, digest = $3 where id = $1', [id, count, refs[name].digest]);
  }
  return refs;
}

async function* into(part: string, rows: Rows<NewRow>): AsyncGenerator<PlacedRow> {
  for await (const row of rows) yield { row, into: [part] };
}

/**
 * Writing datasets: all parts of a step visit in one commit, once. Rows are taken into drafts as they come, which no
 * transaction waits for; places, order and proofs are settled in the commit, a chunk at a time.
 */
export function datasetWrites(
  database: Database,
  keyring: Keyring,
): Pick<DatasetStore, 'write' | 'writePlaced' | 'deposit'> {
  async function writeSheets(
    { incident, step, visit }: Parameters<DatasetStore['write']>[0],
    keyOf: Keyring['classKey'],
    sheets: readonly Sheet[],
    accept: (refs: Refs) => void = () => undefined,
  ): Promise<Refs> {
    const owner: Owner = { number: await keyring.number(incident), step, visit };
    const before = await stored(database, owner);
    if (before) return before;
    const proofKey = await keyring.recordKey(incident, 'rows');
    const drafts: { readonly draft: Draft; readonly kinds: Sheet['kinds'] }[] = [];
    const partOf = async ([name, kind]: readonly [string, DatasetKind]): Promise<DraftPart> => ({
      ...{ name, id: randomUUID(), sealingKey: await keyOf(incident, CLASS_OF[kind]) },
    });
    try {
      for (const { kinds, rows } of sheets) {
        const parts = await Promise.all(Object.entries(kinds).map(partOf));
        drafts.push({ kinds, draft: await takeIn(database, owner, parts, rows) });
      }
      return await database.transaction(async (tx) => {
        // A second attempt waits here and finds what the first one wrote.
        await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
          `dataset/${owner.number}/${step}#${visit}`,
        ]);
        const first = await stored(tx, owner);
        const refs: Record<string, DatasetRef> = { ...first };
        if (!first) {
          for (const { draft, kinds } of drafts) Object.assign(refs, await finish(tx, owner, draft, kinds, proofKey));
          accept(refs);
        }
        await discard(tx, [...drafts.map(({ draft }) => draft.id), ...(await draftsOf(tx, owner))]);
        return refs;
      });
    } catch (error) {
      const own = drafts.map(({ draft }) => draft.id);
      await discard(database, own).catch(() => undefined); // the next attempt that gets through discards them
      throw error;
    }
  }

  const writeWith =
    (keyOf: Keyring['classKey']): DatasetStore['write'] =>
    (owner, parts) =>
      writeSheets(
        owner,
        keyOf,
        Object.entries(parts).map(([name, { kind, rows }]) => ({ kinds: { [name]: kind }, rows: into(name, rows) })),
      );
  return {
    write: writeWith((incident, keyClass) => keyring.classKey(incident, keyClass)),
    deposit: writeWith((incident, keyClass) => keyring.depositKey(incident, keyClass)),
    writePlaced: (owner, kinds, rows, accept) =>
      writeSheets(owner, (incident, keyClass) => keyring.classKey(incident, keyClass), [{ kinds, rows }], accept),
  };
}
