import assert from 'node:assert/strict';
import { digestOf } from '../../../../activities/effects/effect-key.ts';
import { runPage, type RunPageOptions } from '../../../../activities/effect-runner.ts';
import { attempt, credentialRows, openPermit, pageCall, testIncident } from '../../../support/page-calls.ts';
import { memoryLedger, type MemoryLedger } from '../../../support/memory-ledger.ts';
import { scriptedConnector } from '../../../support/scripted-connector.ts';
import type { Connector } from '../../../../activities/port.ts';
import type { PageCall, PageResult } from '../../../../contracts/effects.ts';

const ACTION = 'credentials.revoke';

async function setUp(
  targets: number,
  limit?: number,
): Promise<{ ledger: MemoryLedger; page: (n: number) => PageCall }> {
  const ledger = memoryLedger();
  const dataset = await ledger.dataset(credentialRows(targets));
  if (limit !== undefined) await ledger.effects.setLimit(testIncident, ACTION, limit);
  await openPermit(ledger, pageCall(ACTION, dataset));
  return { ledger, page: (n) => pageCall(ACTION, dataset, { page: n, from: n * 10, to: n * 10 + 10 }) };
}

function run(
  ledger: MemoryLedger,
  call: PageCall,
  connector: Connector,
  options: Partial<RunPageOptions> = {},
): Promise<PageResult> {
  return runPage(call, { ledger, connector, paramsHash: () => digestOf(ACTION), attempt: attempt(), ...options });
}

describe('Admission', () => {
  it('keeps back what the limit does not let through, and says so', async () => {
    const { ledger, page } = await setUp(20, 14);
    const connector = scriptedConnector('idempotent');
    await run(ledger, page(0), connector);
    const result = await run(ledger, page(1), connector);
    assert.deepEqual([result.left, result.limited, result.reasons], [6, true, { LIMIT_EXCEEDED: 6 }]);
    assert.equal(connector.calls.flat().length, 14);
  });

  it('gives back to other pages what was withheld and so is no act', async () => {
    const { ledger, page } = await setUp(20, 10);
    const connector = scriptedConnector('idempotent');
    const screen: RunPageOptions['screen'] = (rows) =>
      Promise.resolve(
        rows.slice(0, 2).map(({ subject }) => ({ subject, state: 'withheld' as const, code: 'EFFECT_NOT_NEEDED' })),
      );
    const first = await run(ledger, page(0), connector, { screen });
    assert.ok((first.counts.withheld ?? 0) > 0 && first.left === 0, JSON.stringify(first));
    const second = await run(ledger, page(1), connector);
    assert.equal(second.counts.accepted, first.counts.withheld);
    assert.equal(connector.calls.flat().length, 10);
  });

  it('lets a page that ran out of its time try half as much each time, until it gets through', async () => {
    const { ledger, page } = await setUp(10);
    const connector = scriptedConnector('idempotent');
    const sizes: number[] = [];
    for (const number of [2, 3, 4, 9]) {
      const before = connector.calls.flat().length;
      const result = await run(ledger, { ...page(0), page: number, from: 0 }, scriptedConnector('idempotent'), {
        attempt: attempt({ number }),
        action: `${ACTION}-${number}`,
      });
      assert.equal(connector.calls.flat().length, before);
      sizes.push(result.counts.accepted ?? 0);
      assert.equal(result.left, 10 - (result.counts.accepted ?? 0));
      if (result.left > 0) assert.deepEqual(result.reasons, { EFFECT_TIME_BUDGET: result.left });
    }
    assert.deepEqual(sizes, [10, 5, 3, 1]);
  });

  it('notes what each page came to, for people to read', async () => {
    const { ledger, page } = await setUp(20);
    await run(
      ledger,
      page(1),
      scriptedConnector('idempotent', () => ({ state: 'failed', code: 'CONNECTOR_REFUSED' })),
    );
    const note = ledger.notes.get('contain#1:1');
    assert.deepEqual(
      [note?.targets, note?.page, note?.counts, note?.left, note?.reasons],
      [20, 1, { failed: 10 }, 0, { CONNECTOR_REFUSED: 10 }],
    );
  });
});
