import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { deflateSync, gzipSync } from 'node:zlib';
import { search } from './search.ts';

const text = ['canary', randomBytes(9).toString('base64url'), '@people.example'].join('');
const canary = { name: 'one', text };

/** A text in the middle of others, at each place that matters to base64. */
const around = (write: (bytes: Buffer) => Buffer | string): readonly Buffer[] =>
  ['', 'a', 'ab', 'abc'].map((before) =>
    Buffer.concat([randomBytes(8), Buffer.from(write(Buffer.from(`${before}${text} and more`))), randomBytes(8)]),
  );

const ways: Readonly<Record<string, readonly Buffer[]>> = {
  plain: around((bytes) => bytes),
  base64: around((bytes) => bytes.toString('base64')),
  base64url: around((bytes) => bytes.toString('base64url')),
  hex: around((bytes) => bytes.toString('hex')),
  'upper-case hex': around((bytes) => bytes.toString('hex').toUpperCase()),
  'percent-encoding': around((bytes) => encodeURIComponent(bytes.toString('utf8'))),
  gzip: around((bytes) => gzipSync(bytes)),
  'gzip of base64': around((bytes) => gzipSync(bytes.toString('base64'))),
  'gzip of gzip': around((bytes) => gzipSync(gzipSync(bytes))),
  zlib: [deflateSync(Buffer.from(`see ${text}`))],
};

describe('search', () => {
  for (const [way, written] of Object.entries(ways))
    it(`finds a canary written as ${way}`, () => {
      for (const bytes of written) assert.notDeepEqual(search([{ name: 'a log', bytes }], [canary]), []);
    });

  it('finds nothing where nothing is', () => {
    const others = [randomBytes(64 * 1024), gzipSync(randomBytes(1024)), Buffer.from(text.slice(1))];
    assert.deepEqual(
      search(
        others.map((bytes) => ({ name: 'a log', bytes })),
        [canary],
      ),
      [],
    );
  });
});
