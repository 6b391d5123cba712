import assert from 'node:assert/strict';
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { composeMail, fromHeader } from '../../../../activities/notices/compose-mail.ts';

const at = new Date('2026-05-01T12:00:00Z');
const given = {
  from: fromHeader('Hub <security@hub.example.org>'),
  to: 'p1@people.example.org',
  messageId: '<k@b.example.org>',
  at,
};

/** Texts as notices have them: any characters, lines of any length, no lone surrogates, ends with one line feed. */
const body = fc
  .array(fc.string({ unit: 'grapheme', maxLength: 200 }), { minLength: 1, maxLength: 8 })
  .map((lines) => `${lines.map((line) => line.replace(/[\x00-\x1f\x7f\u0085\u2028\u2029]/g, '')).join('\n')}\n`);
const subject = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 });

describe('composeMail', () => {
  it('writes what a mail reader reads back', async () => {
    await fc.assert(
      fc.asyncProperty(subject, body, body, async (title, text, html) => {
        const read = await simpleParser(composeMail({ ...given, subject: title, text, html }));
        assert.equal(read.text?.trimEnd(), text.trimEnd());
        assert.equal(typeof read.html === 'string' ? read.html.trimEnd() : '', html.trimEnd());
      }),
      { numRuns: 150 },
    );
  });

  it('keeps every line within 76 characters and ASCII', () => {
    fc.assert(
      fc.property(body, (text) => {
        const lines = composeMail({ ...given, subject: 'x', text, html: text })
          .toString('latin1')
          .split('\r\n');
        const start = lines.indexOf('');
        assert.ok(lines.slice(start).every((line) => line.length <= 76 && /^[\t\x20-\x7e]*$/.test(line)));
      }),
    );
  });

  it('never lets a subject make a header of its own', async () => {
    const read = await simpleParser(
      composeMail({ ...given, subject: 'a\r\nBcc: x@example.org\r\n\r\nb', text: 'x\n' }),
    );
    assert.equal(read.bcc, undefined);
    assert.equal(read.subject, 'a Bcc: x@example.org b');
    assert.equal(read.text?.trim(), 'x');
  });

  it('writes the same bytes for the same message', () => {
    const message = { ...given, subject: 'Größe', text: 'a\n', html: '<p>a</p>\n' };
    assert.deepEqual(composeMail(message), composeMail(message));
  });
});
