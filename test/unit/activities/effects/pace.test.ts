import assert from 'node:assert/strict';
import { limitBucket } from '../../../../contracts/ids.ts';
import { Pace } from '../../../../activities/effects/pace.ts';
import { PageTime } from '../../../../activities/effects/page-time.ts';
import { evenRate } from '../../../../activities/effects/token-purse.ts';
import { memoryLedger, type MemoryLedger } from '../../../support/memory-ledger.ts';
import { pageCall, testIncident } from '../../../support/page-calls.ts';
import type { CompiledPlan } from '../../../../contracts/plan.ts';
import type { PlanLimit } from '../../../../contracts/plan.ts';

const ACTION = 'credentials.revoke';
const BUCKET = limitBucket(testIncident, ACTION);

/** A ledger whose buckets hold so many tokens, with a record of how each was asked. */
async function paceOver(
  limit: PlanLimit,
  tokens: Readonly<Record<string, number>>,
): Promise<{ pace: Pace; rates: Map<string, number | undefined> }> {
  const ledger: MemoryLedger = memoryLedger();
  ledger.plan = { plan: { limits: { [ACTION]: limit } } } as unknown as CompiledPlan;
  const [left, rates] = [new Map(Object.entries(tokens)), new Map<string, number | undefined>()];
  ledger.effects.takeTokens = (bucket: string, wanted: number, rate?: { readonly ratePerSecond: number }) => {
    rates.set(bucket, rate?.ratePerSecond);
    const granted = Math.min(wanted, left.get(bucket) ?? 0);
    left.set(bucket, (left.get(bucket) ?? 0) - granted);
    return Promise.resolve({ granted, waitMs: granted > 0 ? 0 : 900 });
  };
  const pace = await Pace.of(pageCall(ACTION, await ledger.dataset([])), ledger);
  return { pace, rates };
}

describe('Pace', () => {
  it('asks one bucket where the plan says nothing: people may slow it down', async () => {
    const { pace, rates } = await paceOver({}, { [BUCKET]: 7 });
    assert.deepEqual(await pace.takeUpTo(100), { granted: 7, waitMs: 0 });
    assert.deepEqual([...rates], [[BUCKET, undefined]]);
  });

  it('keeps to both the minute and the hour', async () => {
    const { pace, rates } = await paceOver({ perMinute: 600, perHour: 3_600 }, { [BUCKET]: 50, [`${BUCKET}:hour`]: 3 });
    assert.deepEqual(await pace.takeUpTo(10), { granted: 3, waitMs: 0 });
    assert.deepEqual(await pace.takeUpTo(10), { granted: 0, waitMs: 900 });
    assert.deepEqual(
      [...rates],
      [
        [BUCKET, 5],
        [`${BUCKET}:hour`, 0.5],
      ],
    );
  });
});

describe('evenRate', () => {
  it('lets a second’s worth through at a time at most, and at least one', () => {
    assert.deepEqual(evenRate(600), { ratePerSecond: 10, capacity: 10 });
    assert.deepEqual(evenRate(1), { ratePerSecond: 1 / 60, capacity: 1 });
  });
});

describe('PageTime', () => {
  it('keeps well within what the activity has, however little that is', () => {
    const [usual, short] = [new PageTime(), new PageTime(4_000)];
    assert.ok(usual.startableMs(1_000) > 28_000 && usual.patienceMs() > 59_000);
    assert.ok(short.startableMs(100) <= 900 && short.patienceMs() <= 2_000);
    assert.ok(short.startableMs(60_000) > 0, 'a long request may still be started at the beginning');
    assert.equal(short.isOver, false);
  });
});
