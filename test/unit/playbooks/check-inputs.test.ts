import assert from 'node:assert/strict';
import { checkInputs } from '../../../playbooks/check-inputs.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['store'],
  properties: {
    store: { type: 'string', minLength: 1, maxLength: 8 },
    detected: { $ref: 'firebreak:when' },
    tags: { type: 'array', maxItems: 2, items: { type: 'string' } },
  },
};
const pointersOf = (inputs: Parameters<typeof checkInputs>[1]): readonly string[] =>
  checkInputs(schema, inputs).map(({ pointer }) => pointer);

describe('checkInputs', () => {
  it('finds nothing wrong with good inputs, in each form of an instant', () => {
    for (const detected of [
      { at: '2026-11-24T03:00:00Z' },
      { from: '2026-11-24T03:00:00Z', to: '2026-11-24T04:00:00Z' },
      { unknown: true },
    ])
      assert.deepEqual(checkInputs(schema, { store: 'spaces', detected }), []);
  });

  it('lists every fault with its JSON Pointer', () => {
    assert.deepEqual([...pointersOf({ store: 'far too long', tags: ['a', 1], more: true })].sort(), [
      '',
      '/store',
      '/tags/1',
    ]);
    assert.deepEqual(pointersOf({}), ['']);
  });

  it('says once, in words, what a value of several forms has to be', () => {
    assert.deepEqual(checkInputs(schema, { store: 'spaces', detected: { at: 'yesterday' } }), [
      {
        pointer: '/detected',
        message: '`detected` has to be an instant `{at}`, a range `{from, to}`, or `{unknown: true}`',
      },
    ]);
  });

  it('names the key that may have been meant', () => {
    const [fault] = checkInputs(schema, { store: 'spaces', detectd: { unknown: true } });
    assert.match(fault!.message, /unknown key `detectd` \(did you mean `detected`\?\)/);
  });
});
