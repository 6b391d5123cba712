import assert from 'node:assert/strict';
import { runbookLines } from '../../../cli/commands/runbook.ts';
import { stepsOnRecord } from '../../../cli/runbook-records.ts';
import type { JournalRecord } from '../../../contracts/journal.ts';
import type { Plan } from '../../../contracts/plan.ts';

function records(...said: readonly (readonly [JournalRecord['kind'], JournalRecord['body']])[]) {
  return said.map(([kind, body], index) => ({ seq: index + 1, kind, body }));
}

const hand = { from: 'hand', by: 'priya', doneAt: '2026-05-04T10:00:00Z', document: 'd1' };

describe('stepsOnRecord', () => {
  it('has the newest state of each step, and of a later round under its place in the plan', () => {
    const { states } = stepsOnRecord(
      records(
        ['step.started', { step: 'aware', visit: 1 }],
        ['step.ended', { step: 'aware', visit: 1, state: 'succeeded' }],
        ['step.ended', { step: 'round/contain', visit: 1, state: 'succeeded' }],
        ['step.started', { step: 'round/2/contain', visit: 1 }],
        ['fact', { step: 'tell' }],
      ),
    );
    assert.deepEqual(
      [...states],
      [
        ['aware', 'succeeded'],
        ['round/contain', 'running'],
      ],
    );
  });

  it('keeps what was done by hand at its step, and beside the plan what has none', () => {
    const { byHand } = stepsOnRecord(
      records(
        ['evidence', { ...hand, step: 'contain', count: 12, evidence: { sha256: 'a' } }],
        ['evidence', { from: 'slack', document: 'd2' }],
        ['evidence', hand],
      ),
    );
    assert.deepEqual(Object.fromEntries(byHand), {
      contain: ['2026-05-04T10:00:00Z by priya, 12 targets, with evidence (record 1, document d1)'],
      '': ['2026-05-04T10:00:00Z by priya (record 3, document d1)'],
    });
  });

  it('stands in the checklist, whose box stays open until somebody signs', () => {
    const step = { id: 'contain', uses: 'credentials.revoke', title: 'Revoke', needs: [], with: {} };
    const playbook = { name: 'p', title: 'P', version: 1, tlp: 'AMBER' };
    const plan = { playbook, roles: {}, steps: [step] } as unknown as Plan;
    const lines = runbookLines(
      plan,
      'h',
      stepsOnRecord(records(['evidence', { ...hand, step: 'contain' }], ['evidence', hand])),
    );
    assert.ok(lines.includes('- [ ] **contain** Revoke'));
    assert.ok(lines.some((line) => line.trim().startsWith('done by hand: 2026-05-04T10:00:00Z by priya')));
    assert.ok(lines.includes('## Done by hand beside the plan'));
  });
});
