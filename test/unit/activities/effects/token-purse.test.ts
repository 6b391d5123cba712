import assert from 'node:assert/strict';
import { MemoryEffects } from '../../../support/memory-effects.ts';
import { TokenPurse, rateOf, unlimited } from '../../../../activities/effects/token-purse.ts';

/** A bucket that grants what it is told, with a record of what was wanted. */
function bucket(...grants: number[]): { readonly effects: MemoryEffects; readonly wanted: number[] } {
  const effects = new MemoryEffects();
  const wanted: number[] = [];
  effects.takeTokens = async (_bucket, want) => {
    wanted.push(want);
    const granted = Math.min(want, grants.shift() ?? 0);
    return { granted, waitMs: granted > 0 ? 0 : 700 };
  };
  return { effects, wanted };
}

describe('TokenPurse', () => {
  it('takes about 250 ms of work from the bucket at a time', async () => {
    const { effects, wanted } = bucket(100);
    const purse = new TokenPurse(effects, 'b', { ratePerSecond: 40, capacity: 100 });
    for (let request = 0; request < 10; request += 1) await purse.takeUpTo(1);
    assert.deepEqual(wanted, [10]);
  });

  it('gives what there is when the bucket has less than asked', async () => {
    const purse = new TokenPurse(bucket(3).effects, 'b', { ratePerSecond: 1, capacity: 10 });
    assert.deepEqual(await purse.takeUpTo(8), { granted: 3, waitMs: 0 });
    assert.deepEqual(await purse.takeUpTo(8), { granted: 0, waitMs: 700 });
  });

  it('asks the bucket once for slots that wait at the same time', async () => {
    const { effects, wanted } = bucket(10);
    const purse = new TokenPurse(effects, 'b', { ratePerSecond: 40, capacity: 100 });
    await Promise.all([purse.takeUpTo(1), purse.takeUpTo(1), purse.takeUpTo(1)]);
    assert.deepEqual(wanted, [10]);
  });

  it('gives nothing of what it holds after a block', async () => {
    const effects = new MemoryEffects();
    const purse = new TokenPurse(effects, 'b', unlimited);
    await purse.takeUpTo(1);
    await purse.block(5_000);
    assert.equal((await purse.takeUpTo(1)).granted, 0);
  });
});

describe('rateOf', () => {
  it('never lets more than the maximum through in any window', () => {
    for (const max of [1, 2, 7, 60, 20_000]) {
      const { ratePerSecond, capacity } = rateOf(max, 3_600);
      assert.ok(Math.floor(capacity + ratePerSecond * 3_600) <= Math.max(max, 1), `${max} an hour`);
    }
  });
});
