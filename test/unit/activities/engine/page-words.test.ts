import assert from 'node:assert/strict';
import { nodeOf, pageWords } from '../../../../activities/engine/page-words.ts';
import type { IncidentId, StepId } from '../../../../contracts/ids.ts';
import type { PlanStep } from '../../../../contracts/plan.ts';

const shut = {
  ...{ id: 'shut', uses: 'manual', shape: 'people', title: 'The way in is closed' },
  with: { of: 'platform', text: 'entry-closed', evidence: 'required', sets: 'entryClosedAt' },
} as unknown as PlanStep;
const contain = {
  ...{ id: 'round/contain', uses: 'credentials.revoke', shape: 'page', title: 'Revoke the exposed tokens', with: {} },
} as unknown as PlanStep;

function said(
  node: PlanStep | undefined,
  step: string,
  text: string,
  level = 0,
  texts: readonly string[] = [],
): string {
  return pageWords({ incident: 'INC-2026-0001' as IncidentId, step: step as StepId, text, level }, node, texts);
}

describe('pageWords', () => {
  it('says of an ask what it is, why, and the command that answers it', () => {
    const lines = said(shut, 'shut', 'entry-closed; due 2026-05-04 12:00 UTC').split('\n');
    assert.equal(lines[0], 'The way in is closed: entry closed; due 2026-05-04 12:00 UTC');
    assert.ok(lines.includes('Step shut waits until you have done or said this.'));
    assert.ok(
      lines.includes('Answer: firebreak resolve INC-2026-0001 shut --set entryClosedAt=... --set evidence=...'),
    );
  });

  it('says of a gate how to look and decide, and that nobody answered', () => {
    const text = said(contain, 'round/contain', 'Revoke the exposed tokens? 300 targets', 1);
    assert.match(text, /^Revoke the exposed tokens: /);
    assert.match(text, /^You read this because nobody has answered in time\.$/m);
    assert.match(text, /^Look and decide: firebreak approve INC-2026-0001 --gate round\/contain$/m);
  });

  it('writes out what a text of the step says', () => {
    assert.match(said(shut, 'shut', 'entry-closed', 0, ['Close port 22.\n']), /^Close port 22\.$/m);
  });

  it('asks for nothing where it only tells, and sends to the status where no plan knows the step', () => {
    assert.doesNotMatch(said(contain, 'round/contain', 'noor opened gate x alone', 9), /approve/);
    assert.match(said(undefined, 'clock-gdpr-33', 'Due 2026-05-04: notify'), /firebreak status INC-2026-0001$/);
  });
});

describe('nodeOf', () => {
  it('finds the node of a later round', () => {
    assert.equal(nodeOf([shut, contain], 'round/2/contain'), contain);
    assert.equal(nodeOf([shut, contain], 'clock-x'), undefined);
  });
});
