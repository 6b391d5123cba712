import assert from 'node:assert/strict';
import { ask, standDeps, type Answered } from '../../unit/gateway/stand.ts';
import { LedgerHouse, rollingOut, targetRows } from '../engine/ledger-house.ts';
import { scriptedConnector } from '../../support/scripted-connector.ts';
import type { GatewayDeps } from '../../../gateway/deps.ts';
import type { RolloutView, TargetList } from '../../../contracts/rollout-api.ts';

const pages = (page: number, window = 1) => ({ rollout: { first: [], canary: 0, page, window } });

describe('rollouts through the door', function () {
  this.timeout(60_000);
  let house: LedgerHouse;
  let deps: GatewayDeps;

  before(async () => {
    house = await LedgerHouse.open();
    deps = standDeps({ ledger: house.test.ledger, client: house.client });
  });

  after(() => house.close());

  const post = (url: string, as: string, body: object): Promise<Answered> =>
    ask(deps, { method: 'POST', url: `/v1/incidents/${url}`, as, body: { reason: 'by the test', ...body } });
  const get = async <Answer>(url: string): Promise<Answer> =>
    JSON.parse((await ask(deps, { method: 'GET', url: `/v1/incidents/${url}`, as: 'olive' })).text) as Answer;

  it('pauses, shows how far it is, sets a rate and a window, and resumes', async () => {
    const slow = (): Promise<Record<string, never>> => new Promise((resolve) => setTimeout(() => resolve({}), 20));
    const connector = scriptedConnector('idempotent', slow, { batch: { max: 1, concurrency: 2 } });
    const { run, id, finish } = await house.start(rollingOut([pages(20)]), targetRows(100), connector);
    await run.until('some sent', () => connector.calls.length > 25);
    const at = `${id}/steps/contain/rollout`;
    assert.equal((await post(`${at}/pause`, 'olive', {})).json.code, 'GATEWAY_FORBIDDEN');
    assert.equal((await post(`${at}/resume`, 'lee', {})).json.code, 'GATEWAY_FORBIDDEN');
    assert.equal((await post(`${at}/pause`, 'lee', {})).status, 200);
    await run.until('a held permit', () => run.outside.permits.get(`${id}/contain#1`)?.state === 'held');
    const { rollouts } = await get<{ rollouts: readonly RolloutView[] }>(`${id}/rollouts`);
    assert.deepEqual(
      rollouts.map(({ step, visit, action, state, targets, secondsLeft }) => [
        step,
        visit,
        action,
        state,
        targets,
        secondsLeft,
      ]),
      [['contain', 1, 'credentials.revoke', 'held', 100, undefined]],
    );
    assert.ok(rollouts[0]!.done >= 20 && rollouts[0]!.perMinute > 0, JSON.stringify(rollouts));
    assert.equal((await post(`${at}/rate`, 'casey', { window: 17 })).json.code, 'GATEWAY_BODY_INVALID');
    assert.equal((await post(`${at}/rate`, 'casey', {})).json.code, 'ROLLOUT_ORDER_INVALID');
    assert.equal((await post(`${at}/rate`, 'casey', { window: 4, perMinute: 60_000 })).status, 200);
    assert.equal((await post(`${at}/resume`, 'casey', {})).status, 200);
    await run.step('contain', 'succeeded');
    const after = await get<{ rollouts: readonly RolloutView[] }>(`${id}/rollouts`);
    assert.deepEqual([after.rollouts[0]?.state, after.rollouts[0]?.done], ['ended', 100]);
    await finish();
  });

  it('lists what did not come through, and retries exactly what was seen', async () => {
    const connector = scriptedConnector('blind', ({ row, generation }) =>
      row.subject === 't004' && generation === 1 ? { state: 'unknown', code: 'CONNECTOR_BROKEN_OFF' } : {},
    );
    const { run, id, finish } = await house.start(rollingOut([pages(10)]), targetRows(12), connector);
    await run.step('contain', 'partial');
    const list = await get<TargetList>(`${id}/steps/contain/targets?states=unknown`);
    assert.deepEqual(
      list.targets.map(({ subject, state, code }) => [subject, state, code]),
      [['t004', 'unknown', 'CONNECTOR_BROKEN_OFF']],
    );
    const at = `${id}/steps/contain/rollout/retry`;
    assert.equal((await post(at, 'casey', {})).json.code, 'ROLLOUT_NOTHING_LEFT');
    assert.equal((await post(at, 'casey', { states: ['accepted'] })).json.code, 'GATEWAY_QUERY_INVALID');
    for (const seen of [{}, { list: 'd'.repeat(64) }])
      assert.equal((await post(at, 'casey', { states: ['unknown'], ...seen })).json.code, 'ROLLOUT_LIST_UNSEEN');
    assert.equal(connector.sent('t004'), 1);
    const { status, text } = await post(at, 'casey', { states: ['unknown'], list: list.digest });
    assert.equal(status, 200, text);
    await run.until('the retry', ({ steps }) => steps[1]!.visit === 2 && steps[1]!.state === 'succeeded');
    assert.deepEqual([connector.sent('t004'), connector.calls.flat().length], [2, 13]);
    await finish();
  });
});
