import assert from 'node:assert/strict';
import { LedgerHouse, rollingOut, targetRows } from './ledger-house.ts';
import { scriptedConnector, type ScriptedConnector } from '../../support/scripted-connector.ts';
import { digestOf } from '../../support/plan-sketch.ts';
import type { Connector } from '../../../activities/port.ts';

const BY = { by: 'casey', role: 'commander', reason: 'by the test' } as const;
const ONE_BY_ONE = { batch: { max: 1, concurrency: 2 } } satisfies Partial<Connector>;
const pages = (page: number, window = 4) => ({ rollout: { first: [], canary: 0, page, window } });

function sentOnce(connector: ScriptedConnector, count: number): void {
  const sent = connector.calls.flat().map(({ row }) => row.subject);
  assert.deepEqual([sent.length, new Set(sent).size], [count, count]);
}

describe('steering a rollout, on real parts', function () {
  this.timeout(120_000);
  let house: LedgerHouse;

  before(async () => {
    house = await LedgerHouse.open(2);
  });

  after(() => house.close());

  it('pauses before the next target, changes its window, and goes on; progress comes from the ledger', async () => {
    const connector = scriptedConnector(
      'idempotent',
      () => new Promise((resolve) => setTimeout(() => resolve({}), 20)),
      ONE_BY_ONE,
    );
    const { run, id, progress, finish } = await house.start(rollingOut([pages(50, 2)]), targetRows(200), connector);
    await run.until('some sent', () => connector.calls.length >= 10);
    await run.send('rollout', { step: 'contain', order: 'pause', ...BY });
    const permit = `${id}/contain#1`;
    await run.until('a held permit', () => run.outside.permits.get(permit)?.state === 'held');
    const atPause = connector.calls.length;
    assert.equal((await house.test.ledger.effects.readPermit(permit))?.state, 'held');
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.ok(connector.calls.length <= atPause + 4, 'only what was on the wire');
    assert.equal((await run.status()).steps.find((step) => step.id === 'contain')?.waitsFor, 'pause');
    const before = await progress();
    assert.ok(
      before && before.done < 200 && before.targets === 200 && before.permit === 'held',
      JSON.stringify(before),
    );
    await run.send('rollout', { step: 'contain', order: 'rate', window: 1, ...BY });
    await run.send('rollout', { step: 'contain', order: 'resume', ...BY });
    await run.step('contain', 'succeeded');
    sentOnce(connector, 200);
    const after = await progress();
    assert.deepEqual([after?.done, after?.counts], [200, { accepted: 200 }]);
    assert.ok(after!.perMinute > 0);
    await finish();
    assert.deepEqual(run.outside.broken, []);
    await run.replay();
  });

  it('keeps to a rate that is asked for while it runs, over two workers, and drops it again', async () => {
    const open: { go?: () => void } = {};
    const gate = new Promise<void>((resolve) => (open.go = resolve));
    const times: number[] = [];
    const connector = scriptedConnector('idempotent', async () => {
      await gate;
      times.push(performance.now());
      return {};
    });
    const limits = { 'credentials.revoke': { perMinute: 100_000 } };
    const { run, finish } = await house.start(rollingOut([pages(40, 4)], limits), targetRows(400), connector);
    await run.until('a first batch', () => connector.calls.length > 0);
    const tooMuch = run.send('rollout', { step: 'contain', order: 'rate', perMinute: 100_001, ...BY });
    assert.equal(await run.refused(tooMuch), 'ROLLOUT_RATE_TOO_HIGH');
    await run.send('rollout', { step: 'contain', order: 'rate', perMinute: 600, ...BY });
    await run.until('the rate', () => run.outside.of('engine.askRate').length > 0);
    await new Promise((resolve) => setTimeout(resolve, 600)); // tokens taken before are stale
    open.go!();
    const from = performance.now() + 500;
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    const slow = times.filter((at) => at > from).length;
    assert.ok(slow > 0 && slow <= 45, `${slow} in three seconds at 10 a second`);
    await run.send('rollout', { step: 'contain', order: 'rate', perMinute: 0, ...BY });
    await run.step('contain', 'succeeded');
    sentOnce(connector, 400);
    await finish();
    await run.replay();
  });

  it('refuses what makes no sense', async () => {
    const connector = scriptedConnector('idempotent');
    const { run, finish } = await house.start(rollingOut([pages(50)]), targetRows(5), connector);
    await run.step('contain', 'succeeded');
    for (const [message, code] of [
      [{ step: 'contain', order: 'pause' }, 'STEP_NOT_WAITING'],
      [{ step: 'final', order: 'pause' }, 'STEP_NOT_WAITING'],
      [{ step: 'nowhere', order: 'pause' }, 'STEP_UNKNOWN'],
      [{ step: 'contain', order: 'retry', states: ['accepted'] }, 'ROLLOUT_ORDER_INVALID'],
      [{ step: 'contain', order: 'retry', states: ['unknown'] }, 'ROLLOUT_LIST_UNSEEN'],
      [{ step: 'contain', order: 'retry', by: 'lee', role: 'platform' }, 'ASK_ROLE'],
    ] as const)
      assert.equal(await run.refused(run.send('rollout', { ...BY, ...message })), code, JSON.stringify(message));
    await finish();
  });

  it('takes up the failed again under the same rows, and the unknown only from a list that was seen', async () => {
    const unclear = new Set(['t001', 't002']);
    const failing = new Set(['t005', 't006', 't007']);
    const connector = scriptedConnector('blind', ({ row, generation }) =>
      generation > 1
        ? {}
        : unclear.has(row.subject)
          ? { state: 'unknown', code: 'CONNECTOR_BROKEN_OFF' }
          : failing.has(row.subject)
            ? { state: 'failed', code: 'CONNECTOR_REFUSED' }
            : {},
    );
    const { run, id, finish } = await house.start(rollingOut([pages(10)]), targetRows(20), connector);
    await run.step('contain', 'partial');
    const { effects } = house.test.ledger;
    await run.send('rollout', { step: 'contain', order: 'retry', ...BY });
    await run.until('visit 2', ({ steps }) => steps[1]!.visit === 2 && steps[1]!.state === 'partial');
    assert.deepEqual(await effects.counts(id, 'credentials.revoke'), { accepted: 18, unknown: 2 });
    const [failed] = await effects.states(id, 'credentials.revoke', ['t005']);
    assert.deepEqual(
      [failed?.generation, failed?.state, connector.sent('t005'), connector.sent('t001')],
      [2, 'accepted', 2, 1],
    );
    const list = await effects.unsettled(id, 'contain', ['unknown'], 100);
    assert.deepEqual(
      list.targets.map(({ subject, code }) => [subject, code]).sort(),
      [...unclear].map((subject) => [subject, 'CONNECTOR_BROKEN_OFF']),
    );
    await run.send('rollout', { step: 'contain', order: 'retry', states: ['unknown'], list: digestOf(list), ...BY });
    await run.until('visit 3', ({ steps }) => steps[1]!.visit === 3 && steps[1]!.state === 'succeeded');
    assert.deepEqual([connector.sent('t001'), connector.sent('t002'), connector.calls.flat().length], [2, 2, 25]);
    assert.deepEqual((await run.status()).openItems, []);
    await finish();
    await run.replay();
  });

  it('asks when a share of the population is used up, and goes on when people say so', async () => {
    const connector = scriptedConnector('idempotent');
    const plan = rollingOut([pages(5, 2)], { 'credentials.revoke': { share: 0.5 } });
    const { run, finish } = await house.start(plan, targetRows(20), connector);
    const gate = await run.gate('contain', 'limit');
    assert.equal(connector.calls.flat().length, 10);
    await run.approve(gate, 'casey', 'commander');
    await run.step('contain', 'succeeded');
    sentOnce(connector, 20);
    await finish();
    await run.replay();
  });

  it('stops by itself when notices come back, and asks', async () => {
    const connector = scriptedConnector('blind', ({ row }) =>
      Number(row.subject.slice(1)) < 11 ? { state: 'failed', code: 'NOTICE_UNREACHABLE' } : {},
    );
    const plan = rollingOut([{ uses: 'notices.send', ...pages(150, 2) }]);
    const { run, id, progress, finish } = await house.start(plan, targetRows(600), connector, { watchesReturns: true });
    const gate = await run.gate('contain', 'returns');
    assert.match(gate.shows.notes[0] ?? '', /11 came back/);
    await run.until('a held permit', () => run.outside.permits.get(`${id}/contain#1`)?.state === 'held');
    const sent = connector.calls.flat().length;
    assert.ok(sent < 600, `${sent} were sent`);
    await run.approve(gate, 'casey', 'commander');
    await run.step('contain', 'partial');
    sentOnce(connector, 600);
    assert.deepEqual((await progress())?.counts, { accepted: 589, failed: 11 });
    await finish();
    await run.replay();
  });
});
