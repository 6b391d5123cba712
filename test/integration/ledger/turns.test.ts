import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTestLedger, settled, subjectsOf, targetsOf, type TestLedger } from './open-test-ledger.ts';
import { leaseId, permitId } from '../../../contracts/ids.ts';
import type { Lease } from '../../../ledger/ports.ts';

describe('EffectStore.turn', () => {
  let house: TestLedger;
  let visit = 0;

  before(async () => {
    house = await openTestLedger();
  });
  after(() => house.close());

  async function setUp() {
    visit += 1;
    const { incident, ledger } = house;
    const permit = permitId(incident, 'tell', visit);
    const lease = { id: leaseId(incident, 'tell', visit, 0), epoch: 1, permit };
    const effect = { incident, action: 'notices.send', class: 'blind' as const, longestRequestMs: 1_000 };
    await ledger.effects.setPermit(permit, incident, 'open');
    await ledger.effects.takeLease(lease, incident);
    const subjects = ['a', 'b', 'c', 'd'].map((name) => `${visit}${name}`);
    const { mine } = await ledger.effects.claim(lease, effect, targetsOf(subjects.slice(0, 2)));
    const states = async () =>
      Object.fromEntries(
        (await ledger.effects.states(incident, effect.action, subjects)).map(({ subject, state }) => [
          subject.slice(-1),
          state,
        ]),
      );
    return { effects: ledger.effects, incident, permit, lease, effect, mine, subjects, states };
  }

  it('settles what was claimed and claims what comes next', async () => {
    const { effects, incident, lease, effect, mine, subjects, states } = await setUp();
    const answer = await effects.turn!(lease, effect, settled(mine), targetsOf(subjects.slice(2)));
    assert.equal(answer.open, true);
    assert.deepEqual(answer.mine.map(({ subject }) => subject).sort(), subjects.slice(2));
    assert.deepEqual(await states(), { a: 'accepted', b: 'accepted', c: 'claimed', d: 'claimed' });
    const receipts = await effects.receipts(incident, effect.action, subjects[0]!);
    assert.deepEqual(
      receipts.map(({ kind, state, body }) => ({ kind, state, body })),
      [{ kind: 'outcome', state: 'accepted', body: { status: 200 } }],
    );
  });

  it('settles and claims nothing once the step is stopped', async () => {
    const { effects, incident, permit, lease, effect, mine, subjects, states } = await setUp();
    await effects.setPermit(permit, incident, 'stopped');
    const answer = await effects.turn!(lease, effect, settled(mine), targetsOf(subjects.slice(2)));
    assert.deepEqual(answer, { open: false, mine: [], others: [] });
    assert.deepEqual(await states(), { a: 'accepted', b: 'accepted' });
  });

  it('says what the others are', async () => {
    const { effects, lease, effect, mine, subjects } = await setUp();
    await effects.turn!(lease, effect, settled(mine), []);
    const { others } = await effects.turn!(lease, effect, [], targetsOf(subjects.slice(0, 1)));
    assert.deepEqual(others, [
      { subject: subjects[0]!, state: 'accepted', elsewhere: false, notBefore: undefined, paramsChanged: false },
    ]);
  });

  it('finds its rows by their ids, however small the table was when the statement was planned', async () => {
    const { lease, effect } = await setUp();
    const { effects } = await house.another({ poolSize: 1 });
    const scans = async (): Promise<number> => {
      await house.raw.query('select pg_stat_clear_snapshot()');
      const { rows } = await house.raw.query<{ seq_scan: string }>(
        `select seq_scan from pg_stat_user_tables where relname = 'effects'`,
      );
      return Number(rows[0]!.seq_scan);
    };
    const before = await scans();
    const batches = Array.from({ length: 30 }, (_, batch) => targetsOf(subjectsOf(20, 100_000 + batch * 20)));
    let { mine } = await effects.claim(lease, effect, batches[0]!);
    await house.raw.query('vacuum analyze effects'); // as autovacuum would, of a table of one page
    for (const batch of batches.slice(1)) ({ mine } = await effects.turn!(lease, effect, settled(mine), batch));
    await effects.settle(lease, effect, settled(mine));
    await effects.observe(effect.incident, effect.action, 0, await effects.now(), []);
    await sleep(1_100); // a backend tells its counts after a statement, at most once a second
    await effects.now();
    assert.equal(await scans(), before);
  });

  it('never deadlocks where two pages settle and claim crosswise', async () => {
    const { incident, ledger } = house;
    const other = (await house.another()).effects;
    const effect = { incident, action: 'crosswise', class: 'idempotent' as const, longestRequestMs: 1_000 };
    const leaseOf = async (step: string): Promise<Lease> => {
      const permit = permitId(incident, step, 1);
      const lease = { id: leaseId(incident, step, 1, 0), epoch: 1, permit };
      await ledger.effects.setPermit(permit, incident, 'open');
      await ledger.effects.takeLease(lease, incident);
      return lease;
    };
    const [here, there] = [await leaseOf('here'), await leaseOf('there')];
    for (let round = 0; round < 40; round += 1) {
      const [a, b] = [subjectsOf(200, round * 400), subjectsOf(200, round * 400 + 200)];
      const [first, second] = await Promise.all([
        ledger.effects.claim(here, effect, targetsOf(a)),
        other.claim(there, effect, targetsOf(b)),
      ]);
      await Promise.all([
        ledger.effects.turn!(here, effect, settled(first.mine), targetsOf(b)),
        other.turn!(there, effect, settled(second.mine), targetsOf(a)),
      ]);
    }
    assert.deepEqual(await ledger.effects.counts(incident, 'crosswise'), { accepted: 16_000 });
  }).timeout(120_000);
});
