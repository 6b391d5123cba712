import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { sha256 } from '../../../../workflows/interpreter/sha256.ts';

describe('sha256', () => {
  it('gives what every other implementation gives, around block borders and beyond ASCII', () => {
    const lengths = [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 1_000];
    const texts = [...lengths.map((length) => 'a'.repeat(length)), 'Grüße', '\u{1F512}'.repeat(30)];
    for (const text of texts)
      assert.equal(sha256(text), createHash('sha256').update(text).digest('hex'), `${text.length} characters`);
  });

  it('does so for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        assert.equal(sha256(text), createHash('sha256').update(text, 'utf8').digest('hex'));
      }),
    );
  });
});
