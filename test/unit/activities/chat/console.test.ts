import assert from 'node:assert/strict';
import { createChat } from '../../../../activities/chat/capability.ts';
import { memoryHouse } from '../../../support/memory-house.ts';
import { actionCall, openPermit, testIncident } from '../../../support/page-calls.ts';
import type { StepId } from '../../../../contracts/ids.ts';

describe('consoleChat', () => {
  it('is the chat where none is configured: room, post and card become lines', async () => {
    const house = memoryHouse({ incident: testIncident });
    const chat = createChat({}, house.environment, house.runtime);
    for (const [uses, given] of [
      ['chat.open', { name: 'INC-2026-0042' }],
      ['chat.post', { text: 'two\nlines' }],
    ] as const) {
      const call = actionCall(uses, { step: uses.replace('.', '-') as StepId, with: given });
      await openPermit(house.ledger, call);
      assert.ok((await chat.single[uses]!(call)).outputs['id']);
    }
    await chat.updateCard(actionCall('engine.card'), { state: 'told' });
    assert.ok(house.lines.includes('INC-2026-0042 | two'));
    assert.ok(house.lines.includes('INC-2026-0042 | lines'));
    assert.ok(house.lines.some((line) => line.includes('told')));
    await chat.close();
  });
});
