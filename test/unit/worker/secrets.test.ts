import assert from 'node:assert/strict';
import { secretReader } from '../../../worker/secrets.ts';

describe('secretReader', () => {
  it('reads an environment variable and tells that it did', () => {
    const learnt: string[] = [];
    const read = secretReader({ TOKEN: 'value-of-token' }, (value) => learnt.push(value));
    assert.equal(read('env:TOKEN'), 'value-of-token');
    assert.deepEqual(learnt, ['value-of-token']);
  });

  for (const reference of ['env:ABSENT', 'env:EMPTY', 'file:/nowhere/at/all', 'plain text']) {
    it(`refuses ${reference}`, () => {
      const read = secretReader({ EMPTY: '' }, () => undefined);
      assert.throws(() => read(reference), { code: 'CONFIG_SECRET_MISSING' });
    });
  }

  it('does not repeat a value that was given instead of a reference', () => {
    const given = 'swordfish-in-plain';
    assert.throws(
      () => secretReader({}, () => undefined)(given),
      (error: Error) => !error.message.includes(given),
    );
  });
});
