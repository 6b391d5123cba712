import assert from 'node:assert/strict';
import { attempt, credentialRows, later, openPermit, pageCall, testIncident } from '../../../support/page-calls.ts';
import { digestOf } from '../../../../activities/effects/effect-key.ts';
import { memoryLedger } from '../../../support/memory-ledger.ts';
import { runPage } from '../../../../activities/effect-runner.ts';
import { scriptedConnector } from '../../../support/scripted-connector.ts';
import type { Lease } from '../../../../ledger/ports.ts';

const ACTION = 'credentials.revoke';

describe('runPage, over a target that another page holds', () => {
  async function held() {
    const ledger = memoryLedger();
    const call = pageCall(ACTION, await ledger.dataset(credentialRows(1)));
    await openPermit(ledger, call);
    const other: Lease = { id: 'other:0', epoch: 1, permit: 'other' };
    await ledger.effects.setPermit(other.permit, testIncident, 'open');
    await ledger.effects.takeLease(other);
    const kind = { incident: testIncident, action: ACTION, class: 'idempotent', longestRequestMs: 0 } as const;
    await ledger.effects.claim(other, kind, [{ subject: 'subject-00000', paramsHash: digestOf(ACTION) }]);
    const connector = scriptedConnector('idempotent');
    const sweep = () => runPage(call, { ledger, connector, paramsHash: () => digestOf(ACTION), attempt: attempt() });
    return { ledger, connector, sweep };
  }

  it('waits longer from sweep to sweep', async () => {
    const { ledger, sweep } = await held();
    const waits: (number | undefined)[] = [];
    for (let count = 0; count < 7; count += 1) {
      const { left, waitMs = 0, reasons } = await sweep();
      assert.deepEqual([left, reasons], [1, { EFFECT_ELSEWHERE: 1 }]);
      waits.push(waitMs);
      later(ledger.effects, waitMs);
    }
    assert.deepEqual(waits, [1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000]);
  });

  it('ends at some time with a target that nobody can tell about', async () => {
    const { ledger, connector, sweep } = await held();
    later(ledger.effects, 15 * 60_000);
    assert.deepEqual(await sweep(), { counts: { unknown: 1 }, left: 0, reasons: { EFFECT_ELSEWHERE: 1 } });
    assert.equal(connector.calls.length, 0);
  });
});
