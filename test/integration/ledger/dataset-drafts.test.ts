import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../../../contracts/json.ts';
import { leafHash, merkleRoot } from '../../../ledger/datasets/merkle.ts';
import type { DatasetRef } from '../../../contracts/dataset.ts';
import type { NewRow, PlacedRow } from '../../../ledger/ports.ts';
import { openTestLedger, type TestLedger } from './open-test-ledger.ts';

const kinds = { dataset: 'credentials', even: 'credentials', odd: 'credentials' } as const;

function row(index: number, name = `NAME_${index}`): NewRow {
  return {
    subject: `t${String(index * 7_919).padStart(9, '0')}`,
    attributes: { kind: index % 2 === 0 ? 'even' : 'odd', name },
    sealed: { value: ['raw', String(index)].join('-') },
  };
}

function* placed(count: number): Generator<PlacedRow> {
  for (let index = count - 1; index >= 0; index -= 1)
    yield { row: row(index), into: ['dataset', index % 2 === 0 ? 'even' : 'odd'] };
}

describe('datasets that are written as they come', () => {
  let test: TestLedger;

  const owner = (step: string) => ({ incident: test.incident, step, visit: 1 });
  const counted = async (table: string): Promise<number> => {
    const { rows } = await test.raw.query<{ count: number }>(`select count(*)::int as count from ${table}`);
    return rows[0]!.count;
  };
  const draftsLeft = async (): Promise<number> =>
    (await counted('dataset_drafts')) + (await counted('dataset_draft_rows'));

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  /** Digest by the rule, from what lies in the database: salted commitments, leaves of 500, a tree over them. */
  async function digestByHand({ id }: DatasetRef): Promise<string> {
    const { rows } = await test.raw.query<{ subject: string; attributes: JsonObject; salt: Buffer }>(
      'select subject, attributes, salt from dataset_rows where dataset = $1 order by position',
      [id],
    );
    const sha256 = (...parts: readonly (string | Buffer)[]): Buffer => {
      const hash = createHash('sha256');
      for (const part of parts) hash.update(part);
      return hash.digest();
    };
    const hashes = rows.map(({ subject, attributes, salt }) =>
      sha256(subject, sha256(salt, canonicalJson(attributes))),
    );
    const leaves = Array.from({ length: Math.ceil(hashes.length / 500) }, (_, leaf) =>
      leafHash(hashes.slice(leaf * 500, (leaf + 1) * 500)),
    );
    return merkleRoot(leaves);
  }

  it('sorts one stream into parts that are whole, ordered, provable and open, with digests by the rule', async () => {
    const refs = await test.ledger.datasets.writePlaced(owner('sorted'), kinds, placed(3_501));
    assert.deepEqual([refs['dataset']?.count, refs['even']?.count, refs['odd']?.count], [3_501, 1_751, 1_750]);
    for (const [part, ref] of Object.entries(refs)) {
      const rows = await test.ledger.datasets.read(test.incident, ref, { from: 0, to: ref.count, open: true });
      const expected = Array.from({ length: 3_501 }, (_, index) => row(index)).filter(
        ({ attributes }) => part === 'dataset' || attributes['kind'] === part,
      );
      assert.deepEqual(
        rows.map(({ subject, attributes, sealed }) => ({ subject, attributes, sealed })),
        expected,
      );
      assert.equal(ref.digest, await digestByHand(ref));
    }
    assert.equal(await draftsLeft(), 0);
  });

  it('counts a subject once in all parts, as it came first', async () => {
    const twice = [
      { row: row(1, 'first'), into: ['dataset', 'odd'] },
      { row: row(1, 'again'), into: ['dataset', 'even'] },
    ];
    const refs = await test.ledger.datasets.writePlaced(owner('twice'), kinds, twice);
    assert.deepEqual([refs['dataset']?.count, refs['even']?.count, refs['odd']?.count], [1, 0, 1]);
  });

  it('has in the database what it took, before the source is read to its end', async () => {
    let [given, mostAhead] = [0, 0];
    async function* source(): AsyncGenerator<PlacedRow> {
      for (const one of placed(6_000)) {
        given += 1;
        if (given % 500 === 0) mostAhead = Math.max(mostAhead, given - (await counted('dataset_draft_rows')));
        yield one;
      }
    }
    const refs = await test.ledger.datasets.writePlaced(owner('streamed'), kinds, source());
    assert.equal(refs['dataset']?.count, 6_000);
    assert.ok(mostAhead <= 1_500, `${mostAhead} rows were in memory alone`);
  });

  it('writes nothing where what came is not accepted, and takes the next attempt', async () => {
    const refuse = (refs: Readonly<Record<string, DatasetRef>>): void => {
      throw new RangeError(`${refs['dataset']?.count} are too many`);
    };
    const refused = test.ledger.datasets.writePlaced(owner('refused'), kinds, placed(20), refuse);
    await assert.rejects(refused, { message: '20 are too many' });
    assert.equal(await draftsLeft(), 0);
    const refs = await test.ledger.datasets.writePlaced(owner('refused'), kinds, placed(10), () => undefined);
    assert.equal(refs['dataset']?.count, 10);
  });

  it('leaves nothing of a source that broke', async () => {
    async function* broken(): AsyncGenerator<PlacedRow> {
      yield* placed(2_500);
      await Promise.reject(new RangeError('the source is gone'));
    }
    await assert.rejects(test.ledger.datasets.writePlaced(owner('broken'), kinds, broken()), RangeError);
    assert.equal(await draftsLeft(), 0);
  });

  it('reads the source again where a restart of the database took rows away', async () => {
    async function* robbed(): AsyncGenerator<PlacedRow> {
      yield* placed(2_500);
      await test.raw.query('truncate dataset_drafts, dataset_draft_rows'); // what a crash does to unlogged tables
    }
    const writing = test.ledger.datasets.writePlaced(owner('robbed'), kinds, robbed());
    await assert.rejects(writing, { code: 'DATASET_DRAFT_LOST' });
    const refs = await test.ledger.datasets.writePlaced(owner('robbed'), kinds, placed(2_500));
    assert.equal(refs['dataset']?.count, 2_500);
  });

  it('discards what an attempt left that died, once another one got through', async () => {
    const { rows } = await test.raw.query<{ number: number }>('select number from incidents where id = $1', [
      test.incident,
    ]);
    const id = '00000000-0000-4000-8000-000000000001';
    await test.raw.query('insert into dataset_drafts values ($1, $2, $3, 1)', [id, rows[0]!.number, 'died']);
    await test.raw.query(
      `insert into dataset_draft_rows select $1, 's' || n, '{}', '', '', '\\x00', '\\x00' from generate_series(1, 25000) n`,
      [id],
    );
    await test.ledger.datasets.writePlaced(owner('died'), kinds, placed(10));
    assert.equal(await draftsLeft(), 0);
  });
});
