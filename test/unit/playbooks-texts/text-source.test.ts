import assert from 'node:assert/strict';
import { parseText } from '../../../contracts/text-source.ts';

describe('parseText', () => {
  it('parts front matter from body and says where the body begins', () => {
    const source = '---\nkind: notice\nsubject: Incident {{ incident.id }}: yours\n---\nHello\n---\nrest';
    const { meta, body, bodyAt } = parseText(source);
    assert.deepEqual(meta, { kind: 'notice', subject: 'Incident {{ incident.id }}: yours' });
    assert.equal(body, 'Hello\n---\nrest');
    assert.equal(source.slice(bodyAt), body);
  });

  it('takes a text without front matter as body', () => {
    assert.deepEqual(parseText('Hello\n---\na: b\n---\n'), { meta: {}, body: 'Hello\n---\na: b\n---\n', bodyAt: 0 });
  });

  it('takes a text whose front matter does not end as body', () => {
    assert.equal(parseText('---\nsubject: x\n').body, '---\nsubject: x\n');
  });

  it('reads lines that end as Windows ends them', () => {
    assert.deepEqual(parseText('---\r\nsubject: x\r\n---\r\nHello'), {
      meta: { subject: 'x' },
      body: 'Hello',
      bodyAt: 22,
    });
  });
});
