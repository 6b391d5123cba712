import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { reconcile } from '../../../activities/reconcile/reconcile.ts';
import { runState } from '../../../worker/run-state.ts';
import { startTestTemporal } from '../../support/temporal.ts';
import { openRequest, openTestLedger, settled, targetsOf, type TestLedger } from '../ledger/open-test-ledger.ts';
import type { ConnectorTraits, EffectClass } from '../../../contracts/effects.ts';
import type { Lease } from '../../../ledger/ports.ts';
import type { ReconcileReport } from '../../../contracts/returns.ts';

const LONGEST_MS = 30_000;
const IDLE_QUEUE = 'nobody-polls';

function traits(effect: EffectClass): ConnectorTraits {
  return {
    ...{ name: 'any', effect, checks: false, notifiesOwner: false, reversible: false, needsRawValue: false },
    ...{ effectDelayMaxMs: 0, endsSessions: false, longestRequestMs: LONGEST_MS, keyLifetimeMs: 60_000 },
  };
}

describe('reconcile', function () {
  this.timeout(120_000);
  let test: TestLedger;
  let connection: Connection;
  let client: Client;

  before(async () => {
    connection = await Connection.connect({ address: (await startTestTemporal()).address });
    client = new Client({ connection });
  });

  after(() => connection.close());

  beforeEach(async () => {
    test = await openTestLedger();
    // Ledgers of tests count their incidents from one and share a Temporal server: a number of its own for each.
    await test.raw.query('update incident_numbers set last = $1', [randomInt(10_000_000, 99_999_000)]);
    Object.assign(test, { incident: (await test.ledger.incidents.open(openRequest())).incident });
  });

  afterEach(() => test.close());

  /** A run that goes on until it is ended. */
  async function run(workflowId: string): Promise<{ end(): Promise<unknown> }> {
    const handle = await client.workflow.start('any', { workflowId, taskQueue: IDLE_QUEUE, args: [] });
    return { end: () => handle.terminate() };
  }

  /** Claims of one page, as old as given. */
  async function claimed(step: string, effect: EffectClass, ageMs = 2 * LONGEST_MS): Promise<Lease> {
    const { ledger, incident } = test;
    const permit = `${incident}/${step}#1`;
    await ledger.effects.setPermit(permit, incident, 'open');
    const lease = { id: `${permit}:0`, epoch: Date.now() - ageMs, permit };
    await ledger.effects.takeLease(lease, incident);
    await ledger.effects.claim(lease, kind(step, effect), targetsOf(['one', 'two']));
    await test.raw.query("update effects set claimed_at = clock_timestamp() - $1 * interval '1 ms' where lease = $2", [
      ageMs,
      lease.id,
    ]);
    return lease;
  }

  const kind = (action: string, effect: EffectClass) => ({
    ...{ incident: test.incident, action, class: effect, longestRequestMs: LONGEST_MS, keyLifetimeMs: 60_000 },
  });
  const pass = (effect: EffectClass): Promise<ReconcileReport> =>
    reconcile({ ledger: test.ledger, runs: runState(client), traits: () => traits(effect) });
  const stateOf = async (action: string): Promise<string | undefined> =>
    (await test.ledger.effects.states(test.incident, action, ['one']))[0]?.state;

  for (const effect of ['idempotent', 'keyed', 'checkable', 'blind'] as const) {
    it(`makes ${effect} claims of an ended rollout unknown, with receipts and a record`, async () => {
      const incident = await run(`incident/${test.incident}`);
      const child = await run(`incident/${test.incident}/tell#1`);
      await claimed('tell', effect);
      assert.deepEqual(await pass(effect), { settled: [], open: 2 });
      assert.equal(await stateOf('tell'), 'claimed', 'what may still act is not touched');
      await child.end();
      const report = { incident: test.incident, step: 'tell#1', action: 'tell', class: effect, settled: 2 };
      assert.deepEqual(await pass(effect), { settled: [report], open: 0 });
      const { ledger } = test;
      const [row] = await ledger.effects.states(test.incident, 'tell', ['one']);
      assert.deepEqual([row?.state, row?.code], ['unknown', 'EFFECT_RUN_ENDED']);
      const receipts = await ledger.effects.receipts(test.incident, 'tell', 'one');
      assert.deepEqual(
        receipts.map((one) => [one.kind, one.state, one.body['class']]),
        [['recovery', 'unknown', effect]],
      );
      const records = await ledger.journal.read(test.incident, { limit: 100 });
      assert.deepEqual(
        records.filter((one) => one.kind === 'reconcile').map(({ body }) => body['settled']),
        [2],
      );
      await ledger.journal.verify(test.incident);
      assert.deepEqual(await pass(effect), { settled: [], open: 0 });
      await incident.end();
    });
  }

  it('leaves a claim whose request may still be under way', async () => {
    await claimed('tell', 'blind', LONGEST_MS / 2);
    assert.deepEqual(await pass('blind'), { settled: [], open: 2 });
    assert.equal(await stateOf('tell'), 'claimed');
  });

  it('asks the incident where a step has no run of its own', async () => {
    const incident = await run(`incident/${test.incident}`);
    await claimed('ticket', 'checkable');
    assert.equal((await pass('checkable')).open, 2);
    await incident.end();
    assert.equal((await pass('checkable')).settled[0]?.settled, 2);
  });

  it('lets an attempt that still breathes claim nothing more, and takes its late answer', async () => {
    const lease = await claimed('tell', 'blind');
    const { effects } = test.ledger;
    await pass('blind');
    assert.equal((await effects.claim(lease, kind('tell', 'blind'), targetsOf(['three']))).open, false);
    await effects.settle(lease, kind('tell', 'blind'), settled([{ subject: 'one', generation: 1, attempt: 1 }]));
    assert.equal(await stateOf('tell'), 'accepted');
  });

  it('may run twice at a time', async () => {
    await claimed('tell', 'blind');
    const reports = await Promise.all([pass('blind'), pass('blind'), pass('blind')]);
    assert.equal(
      reports.flatMap((one) => one.settled).reduce((sum, one) => sum + one.settled, 0),
      2,
    );
    const receipts = await test.ledger.effects.receipts(test.incident, 'tell', 'one');
    assert.equal(receipts.length, 1);
  });
});
