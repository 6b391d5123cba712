import assert from 'node:assert/strict';
import { instructionsFor, instructionsOf } from '../../../contracts/instructions.ts';
import type { Plan } from '../../../contracts/plan.ts';

const plan = {
  steps: [
    { id: 'round/shut', uses: 'manual', texts: { 'entry-closed': 'a1' } },
    { id: 'bare', uses: 'manual', texts: {} },
    { id: 'tell', uses: 'notices.send', texts: { 'leaked-token/en': 'b2' } },
  ],
} as unknown as Plan;

describe('instructionsOf', () => {
  it('reads the texts of manual steps, and of no others', async () => {
    assert.deepEqual(await instructionsOf(plan, (hash) => `text ${hash}\n`), { 'round/shut': 'text a1' });
  });
});

describe('instructionsFor', () => {
  it('finds them in every round', async () => {
    const instructions = await instructionsOf(plan, () => 'Lock it.');
    assert.equal(instructionsFor(instructions, 'round/shut'), 'Lock it.');
    assert.equal(instructionsFor(instructions, 'round/2/shut'), 'Lock it.');
    assert.equal(instructionsFor(instructions, 'bare'), undefined);
  });
});
