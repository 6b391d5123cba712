import assert from 'node:assert/strict';
import { KEY_BYTES, seal, unseal } from '../../../ledger/sealing.ts';

const KEY = Buffer.alloc(KEY_BYTES, 1);
const PLAIN = Buffer.from('a plain text');

describe('seal', () => {
  it('gives back under the same key and context what it was given', () => {
    assert.deepEqual(unseal(KEY, seal(KEY, PLAIN, 'place'), 'place'), PLAIN);
    assert.deepEqual(unseal(KEY, seal(KEY, Buffer.alloc(0), 'place'), 'place'), Buffer.alloc(0));
  });

  it('never gives the same bytes twice', () => {
    assert.notDeepEqual(seal(KEY, PLAIN, 'place'), seal(KEY, PLAIN, 'place'));
  });

  it('hides the text', () => {
    assert.equal(seal(KEY, PLAIN, 'place').includes('plain'), false);
  });
});

describe('unseal', () => {
  const sealed = seal(KEY, PLAIN, 'place');

  it('opens nothing in another place or with another key', () => {
    assert.throws(() => unseal(KEY, sealed, 'elsewhere'));
    assert.throws(() => unseal(Buffer.alloc(KEY_BYTES, 2), sealed, 'place'));
  });

  it('opens nothing in which any one byte was changed', () => {
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = changed[index]! ^ 1;
      assert.throws(() => unseal(KEY, changed, 'place'), `byte ${index}`);
    }
  });

  it('opens nothing that was cut', () => {
    for (let length = 0; length < sealed.length; length += 1)
      assert.throws(() => unseal(KEY, sealed.subarray(0, length), 'place'), `${length} bytes`);
  });
});
