import assert from 'node:assert/strict';
import { leaseId, permitId } from '../../../contracts/ids.ts';
import { openTestLedger, settled, subjectsOf, targetsOf, type TestLedger } from './open-test-ledger.ts';
import type { EffectState } from '../../../contracts/effects.ts';
import type { PageNote } from '../../../ledger/ports.ts';

const ACTION = { action: 'credentials.revoke', class: 'idempotent', longestRequestMs: 1_000 } as const;
const DATASET = '00000000-0000-4000-8000-000000000001';

describe('what the ledger keeps of rollouts', () => {
  let test: TestLedger;

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  function note(more: Partial<PageNote> = {}): Promise<void> {
    return test.ledger.rollouts.note({
      ...{ incident: test.incident, step: 'round/contain', visit: 1, action: ACTION.action, dataset: DATASET },
      ...{ targets: 1_000, page: 0, counts: {}, left: 0, reasons: {} },
      ...more,
    });
  }

  /** Claims and settles subjects in a state, as a page of a step does. */
  async function acted(step: string, subjects: readonly string[], state: EffectState, code?: string): Promise<void> {
    const { effects } = test.ledger;
    const permit = permitId(test.incident, step, 1);
    const lease = { id: leaseId(test.incident, step, 1, 0), epoch: Date.now(), permit };
    await effects.setPermit(permit, test.incident, 'open');
    await effects.takeLease(lease, test.incident);
    const effect = { ...ACTION, incident: test.incident };
    const { mine } = await effects.claim(lease, effect, targetsOf(subjects));
    await effects.settle(lease, effect, settled(mine, { state, ...(code === undefined ? {} : { code }) }));
  }

  it('sums what pages say; a page that answers again replaces its answer', async () => {
    await note({ counts: { accepted: 300, planned: 200 }, left: 200, reasons: { CONNECTOR_RATE_LIMITED: 200 } });
    await note({ page: 1, counts: { accepted: 490, failed: 10 }, reasons: { CONNECTOR_REFUSED: 10 } });
    const [half] = await test.ledger.rollouts.list(test.incident);
    assert.deepEqual([half?.done, half?.targets, half?.permit], [800, 1_000, 'open']);
    await note({ counts: { accepted: 500 } });
    const [row, ...others] = await test.ledger.rollouts.list(test.incident);
    assert.equal(others.length, 0);
    assert.deepEqual(
      [row?.step, row?.visit, row?.done, row?.counts, row?.reasons],
      ['round/contain', 1, 1_000, { accepted: 990, failed: 10 }, { CONNECTOR_REFUSED: 10 }],
    );
    assert.ok(row!.perMinute >= 1_000, `${row!.perMinute} a minute, all of it within the last one`);
  });

  it('reopens what a step left, and nothing of another step or state', async () => {
    const [failed, unknown, other] = [subjectsOf(3), subjectsOf(2, 10), subjectsOf(2, 20)];
    await acted('first', failed, 'failed', 'CONNECTOR_REFUSED');
    await acted('first', unknown, 'unknown');
    await acted('first', subjectsOf(1, 15), 'accepted');
    await acted('first-2', other, 'failed');
    const { effects } = test.ledger;
    const list = await effects.unsettled(test.incident, 'first', ['failed', 'unknown'], 4);
    assert.deepEqual([list.total, list.targets.length], [5, 4]);
    assert.equal(await effects.reopenStep(test.incident, 'first', ['failed']), 3);
    assert.equal(await effects.reopenStep(test.incident, 'first', ['failed']), 0, 'a repeat changes nothing');
    const states = await effects.states(test.incident, ACTION.action, [...failed, ...unknown, ...other]);
    assert.deepEqual(
      states.map(({ subject, state, generation }) => `${subject} ${state} ${generation}`).sort(),
      [
        ...failed.map((subject) => `${subject} planned 2`),
        ...unknown.map((subject) => `${subject} unknown 1`),
        ...other.map((subject) => `${subject} failed 1`),
      ].sort(),
    );
  });

  it('holds every session to the rate that people asked for, until they lift it', async () => {
    const { effects } = test.ledger;
    const fast = { ratePerSecond: 100_000, capacity: 100_000 };
    assert.equal((await effects.takeTokens('asked', 500, undefined)).granted, 500, 'nobody asked for anything');
    await effects.askRate('asked', { ratePerSecond: 0.001, capacity: 3 });
    const takes = await Promise.all([fast, undefined, fast].map((rate) => effects.takeTokens('asked', 50, rate)));
    const more = await Promise.all(Array.from({ length: 5 }, () => effects.takeTokens('asked', 50, fast)));
    assert.equal(
      [...takes, ...more].reduce((sum, { granted }) => sum + granted, 0),
      3,
    );
    assert.ok(more.at(-1)!.waitMs > 1_000);
    await effects.askRate('asked', undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal((await effects.takeTokens('asked', 50, fast)).granted, 50);
  });
});
