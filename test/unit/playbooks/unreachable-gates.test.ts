import assert from 'node:assert/strict';
import type { Approval, Plan } from '../../../contracts/plan.ts';
import { unreachableGates } from '../../../playbooks/unreachable-gates.ts';

const gated = (approval: Partial<Approval>): Pick<Plan, 'steps'> => ({
  steps: [
    {
      id: 'contain',
      approval: { rule: 'any', roles: ['commander'], quorum: 1, withinMs: 1, onExpiry: 'halt', ...approval },
    },
  ] as unknown as Plan['steps'],
});

const bound = { commander: ['casey', 'noor'], privacy: ['noor'], admin: ['ada'] };

describe('unreachableGates', () => {
  it('finds a gate that asks more people than may answer, who asked for the incident left out', () => {
    const plan = gated({ quorum: 2 });
    assert.deepEqual(unreachableGates(plan, bound, 'dana'), []);
    assert.deepEqual(unreachableGates(plan, bound, 'noor'), [
      'the gate of contain asks 2 of commander, and only 1 may answer',
    ]);
  });

  it('counts admins where the gate escalates to them', () => {
    assert.deepEqual(unreachableGates(gated({ quorum: 2, onExpiry: 'escalate' }), bound, 'noor'), []);
    assert.equal(unreachableGates(gated({ quorum: 4, onExpiry: 'escalate' }), bound).length, 1);
  });

  it('asks as many people as roles where each role has to say yes, and nobody stands in for two', () => {
    const plan = gated({ rule: 'all', roles: ['commander', 'privacy'] });
    assert.deepEqual(unreachableGates(plan, bound), []);
    assert.equal(unreachableGates(plan, { commander: ['noor'], privacy: ['noor'] }).length, 1);
  });
});
