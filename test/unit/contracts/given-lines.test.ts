import assert from 'node:assert/strict';
import { givenLines } from '../../../contracts/given-lines.ts';

describe('givenLines', () => {
  it('writes one line a value, members by their path, datasets by size, expressions by source', () => {
    const lines = givenLines({
      keys: ['occurredAt', 'residents'],
      of: { id: 'd', kind: 'people', count: 3, digest: 'x' },
      from: { $cel: 'inputs.store' },
      text: { $text: ['Store ', { $cel: 'inputs.store' }, '!'] },
      body: { deep: [{ on: true }], none: null },
      empty: {},
    });
    assert.deepEqual(lines, [
      'keys: occurredAt, residents',
      'of: 3 people',
      'from: what `inputs.store` says',
      'text: Store what `inputs.store` says!',
      'body.deep[1].on: true',
      'body.none: none',
      'empty: none',
    ]);
  });

  it('counts what it cuts', () => {
    assert.deepEqual(givenLines({ text: 'abcdef' }, 4), ['text: abcd ... (2 more characters)']);
  });
});
