import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const page = readFileSync(resolve(ROOT, 'docs/reliability.md'), 'utf8');

describe('docs/reliability.md', () => {
  it('names tests that there are', () => {
    const named = [...new Set(page.match(/test\/[\w/-]+\.test\.ts/g))];
    assert.ok(named.length >= 15);
    assert.deepEqual(
      named.filter((path) => !existsSync(resolve(ROOT, path))),
      [],
    );
  });

  it('shows every invariant by at least one test', () => {
    for (let number = 1; number <= 10; number += 1) {
      const row = page.split('\n').find((line) => line.startsWith(`| I${number} |`));
      assert.match(row ?? '', /\.test\.ts/, `I${number}`);
    }
  });
});
