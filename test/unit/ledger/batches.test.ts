import assert from 'node:assert/strict';
import { CodedError } from '../../../contracts/errors.ts';
import { Batches } from '../../../ledger/batches.ts';

/** Rounds that end when the test says so. */
function heldRounds() {
  const rounds: { readonly items: readonly number[]; end(): void }[] = [];
  const batches = new Batches<number, number>(
    (items) =>
      new Promise((resolve) => {
        rounds.push({ items, end: () => resolve(items.map((item) => item * 10)) });
      }),
  );
  return { batches, rounds };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Batches', () => {
  it('asks at once what is asked alone, and together what is asked while a round is under way', async () => {
    const { batches, rounds } = heldRounds();
    const first = batches.ask(1);
    await turn();
    const rest = [2, 3, 4].map((item) => batches.ask(item));
    await turn();
    assert.deepEqual(
      rounds.map(({ items }) => items),
      [[1]],
    );
    rounds[0]!.end();
    assert.equal(await first, 10);
    await turn();
    assert.deepEqual(rounds[1]?.items, [2, 3, 4]);
    rounds[1].end();
    assert.deepEqual(await Promise.all(rest), [20, 30, 40]);
  });

  it('lets a round grow to two hundred, and no further', async () => {
    const sizes: number[] = [];
    const batches = new Batches<number, number>(async (items) => {
      sizes.push(items.length);
      return items;
    });
    const answers = await Promise.all(Array.from({ length: 450 }, (_, item) => batches.ask(item)));
    assert.deepEqual(sizes, [200, 200, 50]);
    assert.deepEqual(
      answers,
      Array.from({ length: 450 }, (_, item) => item),
    );
  });

  it('refuses only the item that the database does not take', async () => {
    const batches = new Batches<number, number>(async (items) => {
      if (items.includes(13)) throw new Error('invalid byte sequence');
      return items;
    });
    const ended = await Promise.allSettled([1, 13, 2].map((item) => batches.ask(item)));
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('asks no more one by one while the database is away, and goes on once it is back', async () => {
    let [isAway, rounds] = [true, 0];
    const batches = new Batches<number, number>(async (items) => {
      rounds += 1;
      if (isAway) throw new CodedError('LEDGER_UNREACHABLE', 'it is away');
      return items;
    });
    const ended = await Promise.allSettled([1, 2, 3].map((item) => batches.ask(item)));
    assert.deepEqual([ended.filter(({ status }) => status === 'rejected').length, rounds], [3, 1]);
    isAway = false;
    assert.equal(await batches.ask(4), 4);
  });
});
