import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Lease } from '../../../ledger/ports.ts';
import {
  inParts,
  openTestLedger,
  PARAMS,
  settled,
  subjectsOf,
  targetsOf,
  type TestLedger,
} from './open-test-ledger.ts';

const LOCK_WITHIN_MS = 5_000;

describe('claims', () => {
  let test: TestLedger;
  let permits = 0;

  const effect = (action: string) =>
    ({ incident: test.incident, action, class: 'idempotent', longestRequestMs: 1_000 }) as const;

  /** A lease under a permit of its own, taken. */
  async function leaseAt(epoch: number): Promise<Lease> {
    permits += 1;
    const lease = { id: `lease-${permits}`, epoch, permit: `permit-${permits}` };
    await test.ledger.effects.setPermit(lease.permit, test.incident, 'open');
    await test.ledger.effects.takeLease(lease, test.incident);
    return lease;
  }

  /** Resolves once a statement of the database waits for a lock. */
  async function someoneWaits(): Promise<void> {
    const deadline = Date.now() + LOCK_WITHIN_MS;
    while (Date.now() < deadline) {
      const { rows } = await test.raw.query(
        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
      );
      if (rows.length > 0) return;
      await pause(5);
    }
    assert.fail('nothing waits for a lock');
  }

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  describe('when two attempts of a page race', () => {
    it('gives each target to one of them, and none to the old one once the lease has moved', async () => {
      const { effects } = test.ledger;
      const old = await leaseAt(1);
      const batches = inParts(targetsOf(subjectsOf(2_000)), 20);
      const claimed = { old: [] as string[], new: [] as string[] };
      let moved = false;
      let refused = 0;
      let restart: Promise<void> | undefined;

      async function oldAttempt(): Promise<void> {
        for (const [index, batch] of batches.entries()) {
          const late = moved;
          const { open, mine } = await effects.claim(old, effect('race'), batch);
          if (late) {
            assert.equal(open, false);
            refused += 1;
          }
          claimed.old.push(...mine.map(({ subject }) => subject));
          if (index === 30) restart = newAttempt();
        }
      }

      async function newAttempt(): Promise<void> {
        const lease = { ...old, epoch: 2 };
        await effects.takeLease(lease, test.incident);
        moved = true;
        for (const batch of batches) {
          const fresh = batch.filter(({ subject }) => !claimed.old.includes(subject));
          const { mine } = await effects.claim(lease, effect('race'), fresh);
          claimed.new.push(...mine.map(({ subject }) => subject));
        }
      }

      await oldAttempt();
      await restart;
      assert.ok(refused > 0, 'the old attempt went on after the lease had moved');
      assert.ok(claimed.old.length > 0 && claimed.new.length > 0);
      assert.equal(new Set([...claimed.old, ...claimed.new]).size, 2_000);
      assert.equal(claimed.old.length + claimed.new.length, 2_000);
    });

    it('refuses the old attempt its lease and grants the new one its own again', async () => {
      const { effects } = test.ledger;
      const lease = await leaseAt(5);
      await effects.takeLease(lease, test.incident);
      await assert.rejects(effects.takeLease({ ...lease, epoch: 4 }, test.incident), { code: 'LEASE_LOST' });
      assert.equal(await effects.holdsLease({ ...lease, epoch: 4 }), false);
      assert.equal(await effects.holdsLease(lease), true);
    });
  });

  describe('when a step is stopped', () => {
    it('waits for the claim that is under way, and lets none begin after it', async () => {
      const { effects } = test.ledger;
      const lease = await leaseAt(1);
      const other = await leaseAt(1);
      const session = new pg.Client({ connectionString: test.url });
      await session.connect();
      await session.query('begin');
      await session.query('select 1 from permits where id = $1 for share', [lease.permit]); // a claim that has not committed
      let stopped = false;
      const stop = effects.setPermit(lease.permit, test.incident, 'stopped').then(() => (stopped = true));
      await someoneWaits();
      assert.equal(stopped, false);
      assert.equal((await effects.claim(other, effect('stop'), targetsOf(['other']))).mine.length, 1);
      await session.query('commit');
      await stop;
      await session.end();
      assert.deepEqual(await effects.claim(lease, effect('stop'), targetsOf(['late'])), {
        open: false,
        mine: [],
        others: [],
      });
      assert.equal(await effects.holdsLease(lease), false);
    });

    it('still takes the outcomes of what was claimed before', async () => {
      const { effects } = test.ledger;
      const lease = await leaseAt(1);
      const { mine } = await effects.claim(lease, effect('stop'), targetsOf(['begun']));
      await effects.setPermit(lease.permit, test.incident, 'stopped');
      await effects.settle(lease, effect('stop'), settled(mine));
      assert.equal((await effects.states(test.incident, 'stop', ['begun']))[0]?.state, 'accepted');
    });

    it('stays stopped when an opening that was decided before comes late, or twice', async () => {
      const { effects } = test.ledger;
      const lease = await leaseAt(1);
      await effects.setPermit(lease.permit, test.incident, 'open', PARAMS, 1);
      await effects.setPermit(lease.permit, test.incident, 'stopped', PARAMS, 3);
      await effects.setPermit(lease.permit, test.incident, 'open', PARAMS, 2);
      await effects.setPermit(lease.permit, test.incident, 'open', PARAMS, 1);
      assert.deepEqual(await effects.readPermit(lease.permit), { state: 'stopped', gate: PARAMS });
      assert.equal((await effects.claim(lease, effect('stop'), targetsOf(['too late']))).open, false);
      await effects.setPermit(lease.permit, test.incident, 'open', PARAMS, 4);
      assert.equal((await effects.claim(lease, effect('stop'), targetsOf(['in turn']))).mine.length, 1);
    });

    it('goes on under the same gate when it is resumed', async () => {
      const { effects } = test.ledger;
      const lease = await leaseAt(1);
      await effects.setPermit(lease.permit, test.incident, 'held', PARAMS);
      await effects.setPermit(lease.permit, test.incident, 'open');
      assert.deepEqual(await effects.readPermit(lease.permit), { state: 'open', gate: PARAMS });
      assert.equal((await effects.claim(lease, effect('stop'), targetsOf(['resumed']))).mine.length, 1);
    });
  });

  describe('when two pages want the same targets in opposite order', () => {
    it('gives each target once, without a deadlock', async () => {
      const { effects } = test.ledger;
      const pages = [await leaseAt(1), await leaseAt(1)] as const;
      const targets = targetsOf(subjectsOf(500));
      for (let round = 0; round < 20; round += 1) {
        const action = `opposite-${round}`;
        const [there, back] = await Promise.all([
          effects.claim(pages[0], effect(action), targets),
          effects.claim(pages[1], effect(action), targets.toReversed()),
        ]);
        assert.equal(there.mine.length + back.mine.length, 500);
        assert.equal(there.others.length, back.mine.length);
        assert.ok([...there.others, ...back.others].every(({ elsewhere, state }) => elsewhere && state === 'claimed'));
      }
    });
  });

  it('tells why a target is not given', async () => {
    const { effects } = test.ledger;
    const [mine, theirs] = [await leaseAt(1), await leaseAt(1)];
    const { mine: first } = await effects.claim(mine, effect('why'), targetsOf(['done', 'later', 'changed']));
    await effects.claim(theirs, effect('why'), targetsOf(['held']));
    await effects.settle(mine, effect('why'), [
      ...settled(first.filter(({ subject }) => subject === 'done')),
      ...settled(
        first.filter(({ subject }) => subject === 'later'),
        { state: 'planned', code: 'CONNECTOR_RATE_LIMITED', waitMs: 60_000 },
      ),
    ]);
    const asked = [
      ...targetsOf(['done', 'later', 'held']),
      ...targetsOf(['changed'], 'cd'.repeat(32) as typeof PARAMS),
    ];
    const { mine: again, others } = await effects.claim(mine, effect('why'), asked);
    const why = Object.fromEntries(others.map(({ subject, ...rest }) => [subject, rest]));
    assert.deepEqual(again, []);
    assert.equal(why['done']?.state, 'accepted');
    assert.equal(why['held']?.elsewhere, true);
    assert.equal(why['changed']?.paramsChanged, true);
    assert.equal(why['later']?.state, 'planned');
    assert.ok(Date.parse(why['later'].notBefore ?? '') > Date.now() + 30_000);
  });

  it('refuses a batch that names a target twice', async () => {
    const lease = await leaseAt(1);
    const twice = targetsOf(['same', 'same']);
    await assert.rejects(test.ledger.effects.claim(lease, effect('twice'), twice), { code: 'EFFECT_BATCH_REPEATS' });
  });
});
