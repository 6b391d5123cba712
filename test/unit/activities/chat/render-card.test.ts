import assert from 'node:assert/strict';
import { renderCard } from '../../../../activities/chat/render-card.ts';
import { testIncident } from '../../../support/page-calls.ts';

describe('renderCard', () => {
  it('says state, steps, who is waited for, clocks and what is open', () => {
    const { text } = renderCard(testIncident, 'live', {
      state: 'contained',
      playbook: 'exposed-secrets',
      steps: { running: 2, succeeded: 5, failed: 0 },
      waiting: ['privacy: approve tell-people'],
      clocks: ['GDPR Art. 33, due 2026-10-26 12:20 UTC'],
      openItems: ['no room'],
    });
    for (const part of [
      /contained \(exposed-secrets\)/,
      /Steps: 2 running, 5 succeeded\n/,
      /privacy: approve tell-people/,
      /due 2026-10-26/,
      /no room/,
    ]) {
      assert.match(text, part);
    }
  });

  it('begins with the word drill in a drill', () => {
    assert.match(renderCard(testIncident, 'drill', {}).text, /^\*DRILL INC-/);
    assert.doesNotMatch(renderCard(testIncident, 'live', {}).text, /DRILL/);
  });

  it('stays short and holds nothing that looks like a credential', () => {
    const leaked = ['hf', 'x'.repeat(34)].join('_');
    const { text } = renderCard(testIncident, 'live', {
      openItems: Array.from({ length: 40 }, (_, n) => `${n} ${leaked}`),
    });
    assert.match(text, /and 28 more/);
    assert.ok(!text.includes(leaked));
  });
});
