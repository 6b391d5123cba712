import assert from 'node:assert/strict';
import { attempt, credentialRows, openPermit, pageCall } from '../../../support/page-calls.ts';
import { CodedError } from '../../../../contracts/errors.ts';
import { digestOf } from '../../../../activities/effects/effect-key.ts';
import { memoryLedger, type MemoryLedger } from '../../../support/memory-ledger.ts';
import { permitId } from '../../../../contracts/ids.ts';
import { runPage, type RunPageOptions } from '../../../../activities/effect-runner.ts';
import { scriptedConnector } from '../../../support/scripted-connector.ts';

const ACTION = 'notices.send';
const gone = (): CodedError => new CodedError('LEDGER_UNREACHABLE', 'the connection broke off');

describe('runPage, over a ledger that fails', () => {
  async function setUp(targets: number) {
    const ledger = memoryLedger();
    const call = pageCall(ACTION, await ledger.dataset(credentialRows(targets)));
    await openPermit(ledger, call);
    const connector = scriptedConnector('blind', () => ({}), { batch: { max: 1, concurrency: 2 } });
    const run = (options: Partial<RunPageOptions> = {}) =>
      runPage(call, { ledger, connector, paramsHash: () => digestOf(ACTION), attempt: attempt(), ...options });
    return { ledger, call, connector, run };
  }

  /** Lets each statement of a kind fail at some of its calls, before it is committed or after. */
  function failing(
    ledger: MemoryLedger,
    kind: 'settle' | 'claim',
    when: (call: number) => 'before' | 'after' | 'never',
  ) {
    const { effects } = ledger;
    const works = effects[kind].bind(effects) as (...args: unknown[]) => Promise<never>;
    let calls = 0;
    Object.assign(effects, {
      [kind]: async (...args: unknown[]) => {
        calls += 1;
        const at = when(calls);
        if (at === 'before') throw gone();
        const answer = await works(...args);
        if (at === 'after') throw gone();
        return answer;
      },
    });
  }

  for (const at of ['before', 'after'] as const) {
    it(`writes outcomes again that failed ${at} the commit: what was sent is accepted, and sent once`, async () => {
      const { ledger, connector, run } = await setUp(20);
      failing(ledger, 'settle', (call) => (call % 3 === 1 ? at : 'never'));
      assert.deepEqual(await run(), { counts: { accepted: 20 }, left: 0 });
      assert.equal(connector.calls.length, 20);
    });
  }

  it('gives back what a claim took whose answer was lost, and sends it then', async () => {
    const { ledger, connector, run } = await setUp(6);
    failing(ledger, 'claim', (call) => (call > 1 && call % 2 === 0 ? 'after' : 'never'));
    assert.deepEqual(await run(), { counts: { accepted: 6 }, left: 0 });
    assert.equal(connector.calls.length, 6);
  });

  it('keeps what was accepted where the next claim fails for good', async () => {
    const { ledger, connector, run } = await setUp(4);
    const { effects } = ledger;
    const claim = effects.claim.bind(effects);
    let claims = 0;
    effects.claim = (...args) => {
      claims += 1;
      return claims === 1 ? claim(...args) : Promise.reject(new CodedError('EFFECT_BATCH_REPEATS', 'a fault'));
    };
    await assert.rejects(run(), { code: 'EFFECT_BATCH_REPEATS' });
    effects.claim = claim;
    assert.deepEqual(await run(), { counts: { accepted: 4 }, left: 0 });
    assert.equal(connector.calls.length, 4);
  });

  it('gives back what it claimed but did not send in time before a stop', async () => {
    const { ledger, call, connector, run } = await setUp(1);
    const now = Date.now;
    const screen = async (): Promise<[]> => {
      await ledger.effects.setPermit(permitId(call.incident, call.step, 1), call.incident, 'stopped');
      Date.now = () => now() + 2_000; // the process was stopped for longer than a claim stays fresh
      return [];
    };
    const result = await run({ screen }).finally(() => {
      Date.now = now;
    });
    assert.deepEqual([result.counts, result.left, result.stopped], [{ planned: 1 }, 1, true]);
    assert.equal(connector.calls.length, 0);
    await openPermit(ledger, call);
    assert.deepEqual((await run()).counts, { accepted: 1 });
  });
});
