import assert from 'node:assert/strict';
import { planInstructions, waitingInstructions } from '../../../gateway/step-instructions.ts';
import type { Digest } from '../../../contracts/ids.ts';
import type { GatewayDeps } from '../../../gateway/deps.ts';
import type { IncidentStatus } from '../../../contracts/messages.ts';

const planHash = 'ab'.repeat(32) as Digest;

/** A ledger that holds one plan with one manual step; counts how often it is read. */
function holding(): { readonly deps: Pick<GatewayDeps, 'ledger'>; readonly reads: () => number } {
  let reads = 0;
  const steps = [{ id: 'shut', uses: 'manual', texts: { 'entry-closed': 'h' } }];
  const documents = {
    getPlan: () => {
      reads += 1;
      return Promise.resolve({
        plan: { steps },
        documents: { h: { kind: 'text', name: 'entry-closed', body: 'Lock it.' } },
      });
    },
  };
  return { deps: { ledger: { documents } } as unknown as Pick<GatewayDeps, 'ledger'>, reads: () => reads };
}

/** A status in which these steps wait for people. */
function waiting(...ids: readonly string[]): Pick<IncidentStatus, 'planHash' | 'asks' | 'steps'> {
  const asks = ids.map((step) => ({ step }));
  const steps = [...ids.map((id) => ({ id, uses: id === 'aware' ? 'facts.ask' : 'manual' }))];
  return { planHash, asks, steps } as unknown as Pick<IncidentStatus, 'planHash' | 'asks' | 'steps'>;
}

describe('waitingInstructions', () => {
  it('says what is to be done at manual steps that wait, reading the plan once', async () => {
    const { deps, reads } = holding();
    assert.deepEqual(await waitingInstructions(deps, waiting('shut', 'aware')), { shut: 'Lock it.' });
    assert.deepEqual(await waitingInstructions(deps, waiting('shut')), { shut: 'Lock it.' });
    assert.deepEqual(await planInstructions(deps, planHash), { shut: 'Lock it.' });
    assert.equal(reads(), 1);
  });

  it('reads nothing where no manual step waits', async () => {
    const { deps, reads } = holding();
    assert.deepEqual(await waitingInstructions(deps, waiting('aware')), {});
    assert.equal(reads(), 0);
  });
});
