import assert from 'node:assert/strict';
import { LedgerHouse, rollingOut, targetRows } from './ledger-house.ts';
import { scriptedConnector, type ScriptedConnector } from '../../support/scripted-connector.ts';

const pages = (page: number, window = 4) => ({ rollout: { first: [], canary: 0, page, window } });

function sentOnce(connector: ScriptedConnector, count: number): void {
  const sent = connector.calls.flat().map(({ row }) => row.subject);
  assert.deepEqual([sent.length, new Set(sent).size], [count, count]);
}

const lasting = (ms: number): Promise<Record<string, never>> =>
  new Promise((resolve) => setTimeout(() => resolve({}), ms));

describe('rollouts that are given trouble, on real parts', function () {
  this.timeout(120_000);
  let house: LedgerHouse;

  before(async () => {
    house = await LedgerHouse.open();
  });

  after(() => house.close());

  it('gets past a target that never comes through, and ends in its time with that one named', async () => {
    const connector = scriptedConnector('idempotent', ({ row }) =>
      row.subject === 't013' ? { state: 'planned', code: 'CONNECTOR_SERVER_ERROR', waitMs: 50 } : {},
    );
    const plan = rollingOut([{ ...pages(10, 2), withinMs: 5_000 }]);
    const { run, id, progress, finish } = await house.start(plan, targetRows(60), connector);
    await run.step('contain', 'partial');
    assert.deepEqual(await house.test.ledger.effects.counts(id, 'credentials.revoke'), { accepted: 59, planned: 1 });
    assert.deepEqual((await progress())?.reasons, { CONNECTOR_SERVER_ERROR: 1 });
    assert.deepEqual(
      (await run.status()).openItems.map(({ text }) => text),
      ['1 were left'],
    );
    await finish();
    await run.replay();
  });

  it('does once what two targets share, and writes a target that is given twice once', async () => {
    const connector = scriptedConnector('idempotent');
    const rows = [...targetRows(30), ...targetRows(30)];
    const { run, id, finish } = await house.start(rollingOut([pages(7)]), rows, connector, {
      subject: ({ subject }) => `shared-${subject.slice(0, 3)}`, // ten rows each
    });
    await run.step('contain', 'succeeded');
    assert.deepEqual((await run.status()).steps[1]?.outputs, { targets: 30, left: 0, counts: { accepted: 30 } });
    assert.deepEqual(await house.test.ledger.effects.counts(id, 'credentials.revoke'), { accepted: 3 });
    assert.equal(connector.calls.flat().length, 3);
    await finish();
  });

  it('takes no target, and one', async () => {
    for (const count of [0, 1]) {
      const connector = scriptedConnector('idempotent');
      const { run, finish } = await house.start(rollingOut([pages(10)]), targetRows(count), connector);
      const { outputs } = await run.step('contain', 'succeeded');
      assert.deepEqual([outputs?.['targets'], connector.calls.flat().length], [count, count]);
      await finish();
      await run.replay();
    }
  });

  it('gives up on a provider that never answers: unknown with a code, the others untouched by it', async () => {
    const connector = scriptedConnector(
      'blind',
      ({ row }) => (row.subject === 't003' ? new Promise(() => undefined) : {}),
      { batch: { max: 1, concurrency: 3 } },
    );
    const plan = rollingOut([{ ...pages(10, 2), timeoutMs: 4_000 }]);
    const { run, id, finish } = await house.start(plan, targetRows(20), connector);
    await run.step('contain', 'partial');
    const { effects } = house.test.ledger;
    assert.deepEqual(await effects.counts(id, 'credentials.revoke'), { accepted: 19, unknown: 1 });
    const [silent] = await effects.states(id, 'credentials.revoke', ['t003']);
    assert.equal(silent?.code, 'EFFECT_UNANSWERED');
    sentOnce(connector, 20);
    await finish();
  });

  it('gets on with pages that are always too slow for their time', async () => {
    const connector = scriptedConnector('blind', () => lasting(100), {
      ...{ batch: { max: 1, concurrency: 1 }, longestRequestMs: 200 },
    });
    const plan = rollingOut([{ ...pages(40, 2), timeoutMs: 3_000 }]); // 4 s of work a page
    const { run, finish } = await house.start(plan, targetRows(80), connector);
    await run.step('contain', 'succeeded');
    sentOnce(connector, 80);
    const attempts = run.outside.of('credentials.revoke');
    assert.ok(attempts.length > 2, 'it took more than one go');
    assert.ok(
      attempts.every(({ attempt }) => attempt === 1),
      'no page ran out of its time',
    );
    await finish();
    await run.replay();
  });

  it('acts once where two steps roll out over the same targets at the same time', async () => {
    const connector = scriptedConnector('idempotent', () => lasting(5), { batch: { max: 1, concurrency: 4 } });
    const plan = rollingOut([pages(10, 4), pages(10, 4)]);
    const { run, id, finish } = await house.start(plan, targetRows(100), connector);
    await Promise.all([run.step('contain', 'succeeded'), run.step('contain-2', 'succeeded')]);
    sentOnce(connector, 100);
    assert.deepEqual(await house.test.ledger.effects.counts(id, 'credentials.revoke'), { accepted: 100 });
    await finish();
    assert.deepEqual(run.outside.broken, []);
    await run.replay();
  });
});
