import assert from 'node:assert/strict';
import { permitId } from '../../../../contracts/ids.ts';
import { digestOf } from '../../../../activities/effects/effect-key.ts';
import { runPage } from '../../../../activities/effect-runner.ts';
import { attempt, credentialRows, later, openPermit, pageCall, testIncident } from '../../../support/page-calls.ts';
import { memoryLedger } from '../../../support/memory-ledger.ts';
import { scriptedConnector } from '../../../support/scripted-connector.ts';
import type { Connector } from '../../../../activities/port.ts';
import type { Digest } from '../../../../contracts/ids.ts';
import type { MemoryLedger } from '../../../support/memory-ledger.ts';
import type { PageCall, PageResult } from '../../../../contracts/effects.ts';
import type { RunPageOptions } from '../../../../activities/effect-runner.ts';

const ACTION = 'credentials.revoke';

async function setUp(
  targets: number,
  changes: Partial<PageCall> = {},
): Promise<{ ledger: MemoryLedger; call: PageCall }> {
  const ledger = memoryLedger();
  const call = pageCall(ACTION, await ledger.dataset(credentialRows(targets)), changes);
  await openPermit(ledger, call);
  return { ledger, call };
}

async function run(
  ledger: MemoryLedger,
  call: PageCall,
  connector: Connector,
  options: Partial<RunPageOptions> = {},
): Promise<PageResult> {
  return runPage(call, { ledger, connector, paramsHash: () => digestOf(ACTION), attempt: attempt(), ...options });
}

/** Claims every target as an attempt that then dies without a word. */
async function dieAfterClaim(ledger: MemoryLedger, call: PageCall, connector: Connector): Promise<void> {
  const silent: Connector = {
    ...connector,
    effect: 'idempotent',
    apply: async (targets) =>
      targets.map(({ row }) => ({ subject: row.subject, state: 'unknown' as const, receipt: {} })),
  };
  await run(ledger, call, silent);
}

describe('runPage', () => {
  it('acts once on each target, in batches of the connector', async () => {
    const { ledger, call } = await setUp(25);
    const connector = scriptedConnector('idempotent');
    const result = await run(ledger, call, connector);
    assert.deepEqual(result, { counts: { accepted: 25 }, left: 0 });
    assert.deepEqual(connector.calls.map((targets) => targets.length).sort(), [10, 10, 5]);
  });

  it('acts on nothing again when the page is repeated', async () => {
    const { ledger, call } = await setUp(5);
    const connector = scriptedConnector('idempotent');
    await run(ledger, call, connector);
    const repeated = await run(ledger, call, connector);
    assert.deepEqual(repeated.counts, { accepted: 5 });
    assert.equal(connector.calls.length, 1);
  });

  it('writes what will be tried before the first claim, and a summary after the last settle', async () => {
    const { ledger, call } = await setUp(3);
    const connector = scriptedConnector('idempotent', () => {
      assert.deepEqual(
        ledger.records.map(({ kind }) => kind),
        ['page.opened'],
      );
      return {};
    });
    await run(ledger, call, connector);
    const [, closed] = ledger.records;
    assert.equal(closed?.kind, 'page.closed');
    assert.deepEqual(closed.body['counts'], { accepted: 3 });
    assert.equal(closed.body['receipts'], 3);
  });

  it('writes nothing when there is nothing to try', async () => {
    const { ledger, call } = await setUp(3);
    const connector = scriptedConnector('idempotent');
    await run(ledger, call, connector);
    await run(ledger, call, connector);
    assert.equal(ledger.records.length, 2);
  });

  it('gives the same key to every attempt, and another to the generation after a retry by a person', async () => {
    const { ledger, call } = await setUp(1);
    const connector = scriptedConnector('keyed', () => ({ state: 'planned', waitMs: 0 }), { keyLifetimeMs: 60_000 });
    await run(ledger, call, connector);
    await run(ledger, call, connector);
    await run(
      ledger,
      call,
      scriptedConnector('keyed', () => ({ state: 'failed' }), { keyLifetimeMs: 60_000 }),
    );
    await ledger.effects.reopen(testIncident, ACTION, ['subject-00000']);
    await run(ledger, call, connector);
    const [first, second, third] = connector.calls.flat().map((target) => target.key);
    assert.equal(first, second);
    assert.notEqual(second, third);
  });

  it('claims and settles one target a slot at a time for a blind connector', async () => {
    const { ledger, call } = await setUp(40);
    const connector = scriptedConnector('blind', () => ({}), { batch: { max: 1, concurrency: 4 } });
    await run(ledger, call, connector);
    assert.ok(Math.max(...ledger.effects.commits.map(({ size }) => size)) <= 4);
    assert.equal(connector.calls.length, 40);
  });

  it('commits the claims of all slots together', async () => {
    const { ledger, call } = await setUp(40);
    await run(
      ledger,
      call,
      scriptedConnector('idempotent', () => ({}), { batch: { max: 10, concurrency: 4 } }),
    );
    assert.deepEqual(ledger.effects.commits[0], { kind: 'claim', size: 40 });
  });

  it('takes what a connector forgot to answer as not known', async () => {
    const { ledger, call } = await setUp(2);
    const connector: Connector = { ...scriptedConnector('blind'), apply: async () => [] };
    const result = await run(ledger, call, connector);
    assert.deepEqual(result.counts, { unknown: 2 });
    assert.deepEqual(result.reasons, { EFFECT_UNANSWERED: 2 });
  });

  it('takes a throw as nothing sent, and asks again later', async () => {
    const { ledger, call } = await setUp(2);
    const connector: Connector = { ...scriptedConnector('blind'), apply: () => Promise.reject(new Error('no route')) };
    const result = await run(ledger, call, connector);
    assert.deepEqual(result.counts, { planned: 2 });
    assert.equal(result.left, 2);
    assert.deepEqual(result.reasons, { CONNECTOR_UNREACHABLE: 2 });
  });

  describe('when an attempt died after its claim', () => {
    it('applies an idempotent act again', async () => {
      const { ledger, call } = await setUp(3);
      const connector = scriptedConnector('idempotent');
      await dieAfterClaim(ledger, call, connector);
      assert.deepEqual((await run(ledger, call, connector)).counts, { accepted: 3 });
    });

    it('never repeats a blind act', async () => {
      const { ledger, call } = await setUp(3);
      const connector = scriptedConnector('blind');
      await dieAfterClaim(ledger, call, connector);
      const result = await run(ledger, call, connector);
      assert.deepEqual(result, { counts: { unknown: 3 }, left: 0, reasons: { EFFECT_ATTEMPT_LOST: 3 } });
      assert.equal(connector.calls.length, 0);
    });

    it('withholds a blind act of a drill that another attempt had claimed: nothing was sent', async () => {
      const { ledger, call } = await setUp(3, { mode: 'drill' });
      const connector = scriptedConnector('blind');
      await dieAfterClaim(ledger, call, connector);
      assert.deepEqual((await run(ledger, call, connector)).counts, { withheld: 3 });
      assert.equal(connector.calls.length, 0);
    });

    it('repeats a blind act once when the step says resend', async () => {
      const { ledger, call } = await setUp(1, { onUnknown: 'resend' });
      const connector = scriptedConnector('blind', () => ({ state: 'unknown', code: 'CONNECTOR_TIMEOUT' }));
      await dieAfterClaim(ledger, call, connector);
      await run(ledger, call, connector);
      const result = await run(ledger, call, connector);
      assert.equal(connector.sent('subject-00000'), 1);
      assert.deepEqual(result.counts, { unknown: 1 });
      assert.equal(result.left, 0);
    });

    it('takes over a checkable act only after the longest request, and only when it did not happen', async () => {
      const { ledger, call } = await setUp(2);
      const connector = scriptedConnector('checkable', () => ({}), {
        check: async (rows) =>
          rows.map(({ subject }) => ({ subject, dead: subject === 'subject-00000', receipt: { seen: true } })),
      });
      await dieAfterClaim(ledger, call, connector);
      const early = await run(ledger, call, connector);
      assert.deepEqual([early.counts, early.left], [{ claimed: 2 }, 2]);
      later(ledger.effects, connector.longestRequestMs);
      const result = await run(ledger, call, connector);
      assert.deepEqual(result.counts, { accepted: 2 });
      assert.deepEqual([connector.sent('subject-00000'), connector.sent('subject-00001')], [0, 1]);
    });

    it('gives a keyed act up as unknown when its key is too old', async () => {
      const { ledger, call } = await setUp(1);
      const connector = scriptedConnector('keyed', () => ({}), { keyLifetimeMs: 10_000 });
      await dieAfterClaim(ledger, call, connector);
      later(ledger.effects, 9_000);
      assert.deepEqual((await run(ledger, call, connector)).counts, { unknown: 1 });
      assert.equal(connector.calls.length, 0);
    });
  });

  describe('when the provider asks to slow down', () => {
    it('leaves the target planned and keeps every worker quiet for as long', async () => {
      const { ledger, call } = await setUp(20);
      const connector = scriptedConnector(
        'idempotent',
        () => ({ state: 'planned', code: 'CONNECTOR_RATE_LIMITED', waitMs: 60_000 }),
        { batch: { max: 1, concurrency: 1 } },
      );
      const result = await run(ledger, call, connector);
      assert.equal(connector.calls.length, 1);
      assert.deepEqual([result.counts, result.left], [{ planned: 20 }, 20]);
      assert.deepEqual(result.reasons, { CONNECTOR_RATE_LIMITED: 20 });
      assert.equal(result.waitMs, 60_000);
    });
  });

  describe('when the page may not act', () => {
    it('claims nothing after a stop', async () => {
      const { ledger, call } = await setUp(4);
      const connector = scriptedConnector('idempotent');
      await ledger.effects.setPermit(permitId(call.incident, call.step, call.visit), call.incident, 'stopped');
      const result = await run(ledger, call, connector);
      assert.deepEqual([result.counts, result.left, result.stopped], [{ planned: 4 }, 4, true]);
      assert.equal(connector.calls.length, 0);
    });

    it('stops before the next target', async () => {
      const { ledger, call } = await setUp(10);
      const permit = permitId(call.incident, call.step, call.visit);
      const connector = scriptedConnector(
        'idempotent',
        async () => {
          await ledger.effects.setPermit(permit, call.incident, 'stopped');
          return {};
        },
        { batch: { max: 1, concurrency: 1 } },
      );
      const result = await run(ledger, call, connector);
      assert.deepEqual(result.counts, { accepted: 1, planned: 9 });
    });

    it('stops before the next target on cancellation', async () => {
      const { ledger, call } = await setUp(10);
      const cancel = new AbortController();
      const connector = scriptedConnector('idempotent', () => (cancel.abort(), {}), {
        batch: { max: 1, concurrency: 1 },
      });
      const result = await run(ledger, call, connector, { attempt: attempt({ signal: cancel.signal }) });
      assert.deepEqual(result.counts, { accepted: 1, planned: 9 });
    });

    it('refuses an old attempt', async () => {
      const { ledger, call } = await setUp(1);
      const old = attempt();
      await run(ledger, call, scriptedConnector('idempotent'));
      const connector = scriptedConnector('idempotent');
      await assert.rejects(run(ledger, call, connector, { attempt: old }), { code: 'LEASE_LOST' });
      assert.equal(connector.calls.length, 0);
    });

    it('sends nothing when a newer attempt took the page between claim and send', async () => {
      const { ledger, call } = await setUp(1);
      const connector = scriptedConnector('blind');
      const screen = async (): Promise<[]> => {
        await ledger.effects.takeLease({
          id: `${permitId(call.incident, call.step, 1)}:0`,
          epoch: 2 ** 50,
          permit: '',
        });
        Date.now = () => now() + 2_000; // the process was stopped for longer than a claim stays fresh
        return [];
      };
      const now = Date.now;
      await assert.rejects(run(ledger, call, connector, { screen }), { code: 'LEASE_LOST' }).finally(() => {
        Date.now = now;
      });
      assert.equal(connector.calls.length, 0);
    });

    it('refuses a page under another gate than its permit', async () => {
      const { ledger, call } = await setUp(1, { gate: 'a'.repeat(64) as Digest });
      const stale = { ...call, gate: 'b'.repeat(64) as Digest };
      await assert.rejects(run(ledger, stale, scriptedConnector('idempotent')), { code: 'GATE_STALE' });
    });

    it('refuses a page without permit', async () => {
      const { ledger, call } = await setUp(1);
      ledger.effects.permits.clear();
      await assert.rejects(run(ledger, call, scriptedConnector('idempotent')), { code: 'EFFECT_PERMIT_MISSING' });
    });

    it('lets through as many as the limit has left', async () => {
      const { ledger, call } = await setUp(10);
      await ledger.effects.setLimit(call.incident, ACTION, 6);
      const connector = scriptedConnector('idempotent');
      const result = await run(ledger, call, connector);
      assert.deepEqual([result.counts, result.left, result.limited], [{ planned: 4, accepted: 6 }, 4, true]);
      assert.deepEqual((await run(ledger, call, connector)).counts, { planned: 4, accepted: 6 });
    });
  });

  describe('when a target must not be sent', () => {
    it('refuses credentials that the engine works with', async () => {
      const { ledger, call } = await setUp(2);
      const connector = scriptedConnector('idempotent');
      const result = await run(ledger, call, connector, { ownCredentials: new Set(['subject-00001']) });
      assert.deepEqual(result.counts, { accepted: 1, failed: 1 });
      assert.deepEqual(result.reasons, { EFFECT_OWN_CREDENTIAL: 1 });
      assert.equal(connector.sent('subject-00001'), 0);
    });

    it('withholds everything in a drill', async () => {
      const { ledger, call } = await setUp(7, { mode: 'drill' });
      const connector = scriptedConnector('idempotent');
      assert.deepEqual((await run(ledger, call, connector)).counts, { withheld: 7 });
      assert.equal(connector.calls.length, 0);
    });

    it('claims nothing in a preview', async () => {
      const { ledger, call } = await setUp(7, { mode: 'preview' });
      const result = await run(ledger, call, scriptedConnector('idempotent'));
      assert.deepEqual([result.counts, result.left], [{ planned: 7 }, 0]);
      assert.equal(ledger.effects.rows.size, 0);
    });

    it('settles what the screen says without sending it', async () => {
      const { ledger, call } = await setUp(2);
      const connector = scriptedConnector('idempotent');
      const result = await run(ledger, call, connector, {
        screen: async () => [{ subject: 'subject-00000', state: 'withheld', code: 'EFFECT_NOT_NEEDED' }],
      });
      assert.deepEqual(result.counts, { withheld: 1, accepted: 1 });
      assert.equal(connector.sent('subject-00000'), 0);
    });

    it('refuses the same act with other parameters', async () => {
      const { ledger, call } = await setUp(1);
      await run(
        ledger,
        call,
        scriptedConnector('idempotent', () => ({ state: 'planned', waitMs: 0 })),
      );
      const connector = scriptedConnector('idempotent');
      const result = await run(ledger, call, connector, { paramsHash: () => digestOf('other') });
      assert.deepEqual(result, { counts: { failed: 1 }, left: 0, reasons: { EFFECT_PARAMS_CHANGED: 1 } });
    });

    it('does an act once for rows that share a subject', async () => {
      const { ledger, call } = await setUp(3);
      const connector = scriptedConnector('blind');
      const result = await run(ledger, call, connector, { subject: () => 'one' });
      assert.deepEqual([result.counts, connector.calls.flat().length], [{ accepted: 3 }, 1]);
    });
  });
});
