import assert from 'node:assert/strict';
import type { DatasetRef } from '../../../contracts/dataset.ts';
import type { Digest } from '../../../contracts/ids.ts';
import type { NewRow } from '../../../ledger/ports.ts';
import { openRequest, openTestLedger, type TestLedger } from './open-test-ledger.ts';

/** Credentials `t0000` ... in no order: every third of kind `write`, every tenth misused. */
function credentials(count: number): readonly NewRow[] {
  return Array.from({ length: count }, (_, index) => ({
    subject: `t${String(index).padStart(4, '0')}`,
    attributes: { kind: index % 3 === 0 ? 'write' : 'read', misused: index % 10 === 0, name: `NAME_${index}` },
    sealed: { value: ['raw', String(index)].join('-') },
  })).toReversed();
}

describe('datasets', () => {
  let test: TestLedger;
  let steps = 0;

  async function written(rows: readonly NewRow[] = credentials(1_200)): Promise<DatasetRef> {
    steps += 1;
    const owner = { incident: test.incident, step: `step-${steps}`, visit: 1 };
    const refs = await test.ledger.datasets.write(owner, { credentials: { kind: 'credentials', rows } });
    return refs['credentials']!;
  }

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  describe('when a step writes', () => {
    it('orders rows by subject and drops repeated ones', async () => {
      const [first, ...rest] = credentials(50);
      const ref = await written([first!, ...rest, { ...first!, sealed: { value: 'second' } }]);
      assert.equal(ref.count, 50);
      const rows = await test.ledger.datasets.read(test.incident, ref, { from: 0, to: 50, open: true });
      assert.deepEqual(
        rows.map(({ position, subject }) => [position, subject]),
        credentials(50)
          .toReversed()
          .map(({ subject }, position) => [position, subject]),
      );
      assert.deepEqual(rows[49]?.sealed, first?.sealed);
    });

    it('returns the same sets to a retry, whatever it brings', async () => {
      const owner = { incident: test.incident, step: 'retried', visit: 1 };
      const part = (count: number) => ({ part: { kind: 'credentials', rows: credentials(count) } }) as const;
      const first = await test.ledger.datasets.write(owner, part(10));
      assert.deepEqual(await test.ledger.datasets.write(owner, part(20)), first);
      const next = await test.ledger.datasets.write({ ...owner, visit: 2 }, part(20));
      assert.equal(next['part']?.count, 20);
    });

    it('writes once when two attempts write at the same time', async () => {
      const owner = { incident: test.incident, step: 'raced', visit: 1 };
      const other = await test.another();
      const both = [test.ledger, other].flatMap((ledger) => [ledger, ledger]);
      const refs = await Promise.all(
        both.map((ledger) => ledger.datasets.write(owner, { a: { kind: 'credentials', rows: credentials(500) } })),
      );
      assert.equal(new Set(refs.map(({ a }) => a?.id)).size, 1);
    });

    it('writes empty sets and streams', async () => {
      async function* lazily(): AsyncIterable<NewRow> {
        yield* credentials(5);
        await Promise.resolve();
      }
      const owner = { incident: test.incident, step: 'parts', visit: 1 };
      const refs = await test.ledger.datasets.write(owner, {
        none: { kind: 'credentials', rows: [] },
        some: { kind: 'credentials', rows: lazily() },
      });
      assert.deepEqual([refs['none']?.count, refs['some']?.count], [0, 5]);
      const listed = (await test.ledger.inventory.datasets(test.incident)).filter(({ step }) => step === 'parts');
      assert.deepEqual(
        listed.map(({ part, digest }) => [part, digest]),
        [
          ['none', refs['none']?.digest],
          ['some', refs['some']?.digest],
        ],
      );
    });

    it('takes names with characters that a database refuses', async () => {
      const ref = await written([{ subject: 't', attributes: { name: 'A\u0000B' }, sealed: { value: 'x\u0000y' } }]);
      const [row] = await test.ledger.datasets.read(test.incident, ref, { from: 0, to: 1, open: true });
      assert.deepEqual([row?.attributes['name'], row?.sealed], ['A\ufffdB', { value: 'x\u0000y' }]);
    });
  });

  describe('when a page reads', () => {
    it('takes the kinds that go first, each group by position, without gap or repeat', async () => {
      const ref = await written();
      const pages = [0, 500, 1_000].map((from) =>
        test.ledger.datasets.read(test.incident, ref, { from, to: from + 500, first: ['misused', 'write'] }),
      );
      const rows = (await Promise.all(pages)).flat();
      assert.equal(new Set(rows.map(({ subject }) => subject)).size, 1_200);
      const group = ({ attributes }: (typeof rows)[number]): number =>
        attributes['misused'] === true ? 0 : attributes['kind'] === 'write' ? 1 : 2;
      const order = rows.map((row) => group(row) * 10_000 + row.position);
      assert.deepEqual(
        order,
        order.toSorted((left, right) => left - right),
      );
    });

    it('shows no raw value unless it is asked to open', async () => {
      const ref = await written(credentials(3));
      const shut = await test.ledger.datasets.read(test.incident, ref, { from: 0, to: 3 });
      assert.deepEqual(
        shut.map(({ sealed }) => sealed),
        [undefined, undefined, undefined],
      );
      for await (const row of test.ledger.datasets.stream(test.incident, ref)) assert.equal(row.sealed, undefined);
    });

    it('streams every row by position', async () => {
      const ref = await written(credentials(2_300));
      const positions: number[] = [];
      for await (const { position } of test.ledger.datasets.stream(test.incident, ref)) positions.push(position);
      assert.deepEqual(
        positions,
        Array.from({ length: 2_300 }, (_, index) => index),
      );
    });

    it('counts rows by an attribute', async () => {
      const ref = await written(credentials(30));
      assert.deepEqual(await test.ledger.datasets.countBy(test.incident, ref, 'kind'), { read: 20, write: 10 });
      assert.deepEqual(await test.ledger.datasets.countBy(test.incident, ref, 'absent'), { '': 30 });
    });

    it('gives rows that share a value group by group, over the ends of what it reads at a time', async () => {
      const rows = credentials(2_600).map((row, index) => {
        const owner = index < 5 ? '' : `owner-${String(index % 7)}`;
        return { ...row, attributes: { ...row.attributes, ...(index === 0 ? {} : { owner }) } };
      });
      const ref = await written(rows);
      const groups: (readonly [string, number, boolean])[] = [];
      for await (const { value, rows: own } of test.ledger.datasets.groups(test.incident, ref, 'owner'))
        groups.push([value, own.length, own.every(({ attributes }) => attributes['owner'] === value)]);
      const sizes = [0, 1, 2, 3, 4, 5, 6].map((n) => rows.filter((_, index) => index >= 5 && index % 7 === n).length);
      assert.deepEqual(
        groups,
        sizes.map((size, n) => [`owner-${n}`, size, true]),
      );
    });

    it('refuses a set of another incident', async () => {
      const ref = await written(credentials(3));
      const { incident } = await test.ledger.incidents.open(openRequest());
      await assert.rejects(test.ledger.datasets.read(incident, ref, { from: 0, to: 3 }), { code: 'DATASET_UNKNOWN' });
    });
  });

  describe('when a process may not open a class', () => {
    it('reads everything but the raw values, and writes none', async () => {
      const ref = await written(credentials(3));
      const mail = await test.another({ opens: ['people'] });
      const rows = await mail.datasets.read(test.incident, ref, { from: 0, to: 3 });
      assert.equal(rows.length, 3);
      const opening = mail.datasets.read(test.incident, ref, { from: 0, to: 3, open: true });
      await assert.rejects(opening, { code: 'LEDGER_KEY_WITHHELD' });
      const owner = { incident: test.incident, step: 'withheld', visit: 1 };
      const writing = mail.datasets.write(owner, { a: { kind: 'credentials', rows: credentials(1) } });
      await assert.rejects(writing, { code: 'LEDGER_KEY_WITHHELD' });
    });
  });

  describe('when raw values are destroyed', () => {
    it('leaves digest and attributes, and the others as they are', async () => {
      const ref = await written(credentials(3));
      await test.ledger.datasets.destroySealed(test.incident, ref, ['t0001']);
      const rows = await test.ledger.datasets.read(test.incident, ref, { from: 0, to: 3, open: true });
      assert.deepEqual(
        rows.map(({ sealed }) => sealed !== undefined),
        [true, false, true],
      );
    });

    it('destroys them in every set of the incident that holds them, and in no other incident', async () => {
      const owner = { incident: test.incident, step: 'split', visit: 1 };
      const kind = 'credentials' as const;
      const parts = { dataset: { kind, rows: credentials(3) }, user: { kind, rows: credentials(2) } };
      const { dataset, user } = await test.ledger.datasets.write(owner, parts);
      const { incident } = await test.ledger.incidents.open(openRequest());
      const { other } = await test.ledger.datasets.write(
        { ...owner, incident },
        { other: { kind, rows: credentials(2) } },
      );
      await test.ledger.datasets.destroySealed(test.incident, user!, ['t0001']);
      const kept = async (of: typeof incident, ref: typeof user) => {
        const rows = await test.ledger.datasets.read(of, ref!, { from: 0, to: ref!.count, open: true });
        return rows.map(({ sealed }) => sealed !== undefined);
      };
      assert.deepEqual(await kept(test.incident, user), [true, false]);
      assert.deepEqual(await kept(test.incident, dataset), [true, false, true]);
      assert.deepEqual(await kept(incident, other), [true, true]);
    });
  });

  describe('when the database was changed by hand', () => {
    const damages: Readonly<Record<string, readonly string[]>> = {
      'an attribute': [`update dataset_rows set attributes = '{"misused": true}' where dataset = $1 and position = 1`],
      'a subject': [`update dataset_rows set subject = 'other' where dataset = $1 and position = 1`],
      'a row taken out': ['delete from dataset_rows where dataset = $1 and position = 1'],
      'rows swapped': [
        'update dataset_rows set position = 11 - position where dataset = $1 and position < 2',
        'update dataset_rows set position = position - 10 where dataset = $1 and position >= 10',
      ],
    };
    for (const [what, statements] of Object.entries(damages)) {
      it(`finds ${what}`, async () => {
        const ref = await written(credentials(3));
        for (const statement of statements) await test.raw.query(statement, [ref.id]);
        const reading = test.ledger.datasets.read(test.incident, ref, { from: 0, to: 3 });
        await assert.rejects(reading, { code: 'DATASET_KEY_CHANGED' });
      });
    }

    it('finds a set put in place of another', async () => {
      const [approved, other] = [await written(credentials(3)), await written(credentials(4))];
      const forged = { ...other, digest: 'cd'.repeat(32) as Digest };
      for (const ref of [forged, { ...approved, digest: other.digest }]) {
        const reading = test.ledger.datasets.read(test.incident, ref, { from: 0, to: 3 });
        await assert.rejects(reading, { code: 'DATASET_KEY_CHANGED' });
      }
    });

    it('opens no raw value in the place of another', async () => {
      const ref = await written(credentials(3));
      await test.raw.query(
        'update dataset_rows set sealed = (select sealed from dataset_rows where dataset = $1 and position = 0) where dataset = $1 and position = 1',
        [ref.id],
      );
      const opening = test.ledger.datasets.read(test.incident, ref, { from: 0, to: 3, open: true });
      await assert.rejects(opening, { code: 'DATASET_KEY_CHANGED' });
    });
  });
});
