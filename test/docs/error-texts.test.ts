import assert from 'node:assert/strict';
import { CodedError, errorEntry, errorRegistry, type ErrorCode } from '../../contracts/errors.ts';

const codes = Object.keys(errorRegistry) as ErrorCode[];

describe('errorRegistry', () => {
  for (const code of codes) {
    const { message, remedy, http, kind, effect } = errorEntry(code);

    it(`reads as sentences: ${code}`, () => {
      assert.match(code, /^[A-Z]+(_[A-Z0-9]+)+$/);
      assert.doesNotMatch(message, /\.$/, 'the message is half a sentence: the text of an error ends it');
      assert.match(remedy, /[.!]$/, 'the remedy is whole sentences');
      assert.ok(new CodedError(code, 'x').message.startsWith(`[${code}] x. `));
    });

    it(`says nothing that cannot be: ${code}`, () => {
      assert.ok(http >= 200 && http <= 599);
      if (kind === 'rejected') assert.equal(effect, 'none', 'what was refused has had no effect');
    });
  }
});
