import assert from 'node:assert/strict';
import { runbookLines } from '../../../cli/commands/runbook.ts';
import type { StepsOnRecord } from '../../../cli/runbook-records.ts';
import type { StepState } from '../../../contracts/messages.ts';
import type { Plan } from '../../../contracts/plan.ts';

const step = { id: 'tell', uses: 'facts.ask', title: 'Tell', needs: [], with: { keys: ['occurredAt', 'residents'] } };
const plan = {
  playbook: { name: 'p', title: 'P', version: 1, tlp: 'AMBER' },
  roles: {},
  steps: [step],
} as unknown as Plan;

function at(
  states: readonly (readonly [string, StepState])[],
  byHand: StepsOnRecord['byHand'] = new Map(),
): StepsOnRecord {
  return { states: new Map(states), byHand };
}

describe('runbookLines', () => {
  it('writes what a step is given in words', () => {
    const lines = runbookLines(plan, 'h', at([]));
    assert.ok(lines.some((line) => line.trim() === 'keys: occurredAt, residents'));
    assert.ok(lines.some((line) => /by hand: .+ \(facts\.ask\)$/.test(line)));
  });

  it('says what is to be done at a manual step', () => {
    const manual = { ...plan, steps: [{ ...step, uses: 'manual', with: { of: 'platform', text: 'entry-closed' } }] };
    const lines = runbookLines(manual as unknown as Plan, 'h', at([]), { tell: '1. Lock it.\n2. Try it.' });
    const found = lines.findIndex((line) => line.trim() === '1. Lock it.');
    assert.ok(found > 0);
    assert.equal(lines[found + 1]?.trim(), '2. Try it.');
  });

  it('leaves the box of a step open that left targets, and says so', () => {
    const lines = runbookLines(plan, 'h', at([['tell', 'partial']]));
    assert.ok(lines.includes('- [ ] **tell** Tell'));
    assert.ok(lines.some((line) => line.includes('NOT DONE WITH')));
    assert.ok(runbookLines(plan, 'h', at([['tell', 'succeeded']])).includes('- [x] **tell** Tell'));
  });
});
