import assert from 'node:assert/strict';
import { renderTicket } from '../../../../activities/tickets/render-ticket.ts';
import { testIncident } from '../../../support/page-calls.ts';

describe('renderTicket', () => {
  const content = {
    incident: testIncident,
    template: 'policy-review',
    text: 'Please review.\n',
    references: [{ id: 'doc-1', name: 'evidence/manifest.json', digest: 'ab'.repeat(32), bytes: 12 }],
    asks: ['root-cause'],
    contact: 'Casey',
  };

  it('names incident, contact, what is asked, and evidence by hash', () => {
    const { title, body } = renderTicket(content);
    assert.equal(title, '[INC-2026-0042] policy review');
    for (const part of [
      /Please review\./,
      /Contact: Casey/,
      /- \[ \] root cause/,
      /document `doc-1`, 12 bytes, SHA-256 `(ab){32}`/,
    ]) {
      assert.match(body, part);
    }
  });

  it('removes what looks like a credential, wherever it stands', () => {
    const leaked = ['hf', 'x'.repeat(34)].join('_');
    const { body } = renderTicket({ ...content, text: leaked, contact: leaked });
    assert.ok(!body.includes(leaked));
  });
});
