import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(resolve(root, 'docs/security.md'), 'utf8');
const threats = text
  .split('## Threats')[1]!
  .split('\n## ')[0]!
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| threat'));

describe('docs/security.md', () => {
  it('has a table of threats', () => assert.ok(threats.length > 15));

  for (const threat of threats) {
    const [, what, , tests] = threat.split('|').map((cell) => cell.trim());
    it(`names tests that exist for: ${what!}`, () => {
      const files = [...tests!.matchAll(/`(test\/[^`]+)`/g)].map(([, file]) => file!);
      assert.notEqual(files.length, 0);
      for (const file of files) {
        assert.ok(existsSync(resolve(root, file)), file);
        assert.match(readFileSync(resolve(root, file), 'utf8'), /\bit\(/, file);
      }
    });
  }
});
