import assert from 'node:assert/strict';
import { leaseId, permitId } from '../../../contracts/ids.ts';
import { openTestLedger, settled, targetsOf, type TestLedger } from './open-test-ledger.ts';
import type { EffectClass } from '../../../contracts/effects.ts';
import type { Lease } from '../../../ledger/ports.ts';

const LONG_MS = 3_600_000; // never over during a test

describe('EffectStore.recover, for what an ended run left claimed', () => {
  let house: TestLedger;
  let steps = 0;

  before(async () => {
    house = await openTestLedger();
  });
  after(() => house.close());

  /** Visit 1 of a step claims `x` and dies; visit 2 has taken its own lease. */
  async function setUp(kind: EffectClass, changes: { keyLifetimeMs?: number; longestRequestMs?: number } = {}) {
    const { incident, ledger } = house;
    const { effects } = ledger;
    steps += 1;
    const step = `step-${steps}`;
    const effect = { incident, action: step, class: kind, longestRequestMs: 0, keyLifetimeMs: LONG_MS, ...changes };
    const leaseOf = async (name: string, visit: number, epoch: number): Promise<Lease> => {
      const permit = permitId(incident, name, visit);
      const lease = { id: leaseId(incident, name, visit, 0), epoch, permit };
      await effects.setPermit(permit, incident, 'open');
      await effects.takeLease(lease, incident);
      return lease;
    };
    const first = await leaseOf(step, 1, 5);
    const { mine } = await effects.claim(first, effect, targetsOf(['x']));
    const second = await leaseOf(step, 2, 9);
    const state = async () => (await effects.states(incident, step, ['x']))[0];
    return { effects, incident, step, effect, first, second, mine, state, leaseOf };
  }

  for (const kind of ['idempotent', 'keyed', 'checkable'] as const) {
    it(`gives it to the step's next visit, ${kind}, as another attempt of the same generation`, async () => {
      const { effects, effect, second } = await setUp(kind);
      assert.deepEqual(await effects.recover(second, effect, ['x']), []);
      const { mine } = await effects.claim(second, effect, targetsOf(['x']));
      assert.deepEqual(mine, [{ subject: 'x', generation: 1, attempt: 2 }]);
    });
  }

  it('makes a blind one unknown, and still takes the late answer of who sent it', async () => {
    const { effects, incident, step, effect, first, second, mine, state } = await setUp('blind');
    assert.deepEqual(await effects.recover(second, effect, ['x']), ['x']);
    assert.deepEqual([(await state())?.state, (await state())?.code], ['unknown', 'EFFECT_ATTEMPT_LOST']);
    assert.deepEqual((await effects.claim(second, effect, targetsOf(['x']))).mine, []);
    const receipts = await effects.receipts(incident, step, 'x');
    assert.deepEqual(
      receipts.map((receipt) => [receipt.kind, receipt.state]),
      [['recovery', 'unknown']],
    );
    await effects.settle(first, effect, settled(mine));
    assert.equal((await state())?.state, 'accepted');
  });

  it('makes a keyed one unknown whose key has died', async () => {
    const { effects, effect, second, state } = await setUp('keyed', { keyLifetimeMs: 0 });
    assert.deepEqual(await effects.recover(second, effect, ['x']), ['x']);
    assert.equal((await state())?.state, 'unknown');
  });

  it('leaves it while its request may still be under way, and says for how long it has been held', async () => {
    const { effects, effect, second, state } = await setUp('idempotent', { longestRequestMs: LONG_MS });
    assert.deepEqual(await effects.recover(second, effect, ['x']), []);
    const { mine, others } = await effects.claim(second, effect, targetsOf(['x']));
    assert.deepEqual(mine, []);
    assert.equal(others[0]?.elsewhere, true);
    assert.ok(others[0].heldMs !== undefined && others[0].heldMs < LONG_MS);
    assert.equal((await state())?.state, 'claimed');
  });

  it('shuts the lease of the visit that is over: nothing of it claims or sends any more', async () => {
    const { effects, effect, first, second } = await setUp('idempotent');
    await effects.recover(second, effect, ['x']);
    assert.equal(await effects.holdsLease(first), false);
    assert.equal((await effects.claim(first, effect, targetsOf(['y']))).open, false);
  });

  it('takes from another step only what is not open any more', async () => {
    const { effects, incident, effect, first, leaseOf } = await setUp('idempotent');
    const other = await leaseOf('another', 3, 9);
    await effects.recover(other, effect, ['x']);
    assert.deepEqual((await effects.claim(other, effect, targetsOf(['x']))).mine, []);
    assert.equal(await effects.holdsLease(first), true);
    await effects.setPermit(first.permit, incident, 'stopped');
    await effects.recover(other, effect, ['x']);
    assert.equal((await effects.claim(other, effect, targetsOf(['x']))).mine.length, 1);
  });

  it('takes nothing for a page that is itself stopped or overtaken', async () => {
    const { effects, incident, effect, second, state } = await setUp('blind');
    assert.deepEqual(await effects.recover({ ...second, epoch: 8 }, effect, ['x']), []);
    await effects.setPermit(second.permit, incident, 'stopped');
    assert.deepEqual(await effects.recover(second, effect, ['x']), []);
    assert.equal((await state())?.state, 'claimed');
  });

  it('never takes from a later visit of the step', async () => {
    const { effects, effect, first, second, state } = await setUp('blind');
    await effects.claim(second, effect, targetsOf(['z']));
    assert.deepEqual(await effects.recover(first, effect, ['z']), []);
    assert.equal((await state())?.state, 'claimed');
  });
});

describe('EffectStore.takeLease', () => {
  it('takes the permit of the visit along: a stop of the present visit counts, that of an earlier one does not', async () => {
    const { ledger, incident, close } = await openTestLedger();
    try {
      const { effects } = ledger;
      const [first, second] = [permitId(incident, 'ticket', 1), permitId(incident, 'ticket', 2)];
      const id = `${incident}/ticket:single`;
      const effect = { incident, action: 'tickets.open', class: 'checkable', longestRequestMs: 0 } as const;
      await effects.setPermit(first, incident, 'stopped');
      await effects.setPermit(second, incident, 'open');
      await effects.takeLease({ id, epoch: 1, permit: first }, incident);
      const lease = { id, epoch: 2, permit: second };
      await effects.takeLease(lease, incident);
      assert.equal((await effects.claim(lease, effect, targetsOf(['a']))).mine.length, 1);
      await effects.setPermit(second, incident, 'stopped');
      assert.equal((await effects.claim(lease, effect, targetsOf(['b']))).open, false);
      assert.equal(await effects.holdsLease(lease), false);
    } finally {
      await close();
    }
  });
});
