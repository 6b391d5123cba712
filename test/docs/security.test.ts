import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

/** Ids that the design began with. */
const IDS = [
  ...Array.from({ length: 20 }, (_, index) => `T${index + 1}`),
  ...Array.from({ length: 23 }, (_, index) => `W${index + 1}`),
];
const catalogue = text
  .split('## By the catalogue')[1]!
  .split('\n## ')[0]!
  .split('\n')
  .filter((line) => /^\| [TW]\d/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));

describe('docs/security.md, by the catalogue', () => {
  it('answers every threat and weakness, each once', () => {
    assert.deepEqual(
      catalogue.map(([, id]) => id),
      IDS,
    );
  });

  for (const [, id, what, answer, tests] of catalogue)
    it(`names for ${id!} (${what!}) a test that exists, or says that it is not answered`, () => {
      const files = [...tests!.matchAll(/`(test\/[^`]+)`/g)].map(([, file]) => file!);
      assert.ok(files.length > 0 || (tests === 'not answered' && answer!.includes('Not answered')));
      for (const file of files) assert.match(readFileSync(resolve(root, file), 'utf8'), /\bit\(/, file);
    });
});

describe('what acts', () => {
  it('runs no command: only the development stack, the bundler and the demo start processes', () => {
    const rooms = [
      'contracts',
      'playbooks',
      'obligations',
      'workflows',
      'activities',
      'ledger',
      'gateway',
      'cli',
      'worker',
    ];
    const starting = rooms.flatMap((room) =>
      readdirSync(resolve(root, room), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.startsWith('dev-stack'))
        .map((file) => `${room}/${file}`)
        .filter((file) => readFileSync(resolve(root, file), 'utf8').includes('node:child_process')),
    );
    assert.deepEqual(starting, ['worker/bundle.ts']);
  });
});
