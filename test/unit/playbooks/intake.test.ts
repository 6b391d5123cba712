import assert from 'node:assert/strict';
import { readSource } from '../../../playbooks/intake.ts';

const KIB = 1_024;
const codeOf = (text: string): string | undefined => readSource(text, 'a.yaml').diagnostics[0]?.code;

describe('readSource', () => {
  it('gives plain data that knows where each value stands', () => {
    const { source } = readSource('a:\n  - {b: 1, c: two}\n  - x\n', 'a.yaml');
    assert.deepEqual(source?.value, { a: [{ b: 1, c: 'two' }, 'x'] });
    assert.deepEqual(source.placeOf(['a', 0, 'c']), { file: 'a.yaml', line: 2, column: 15 });
    assert.deepEqual(source.placeOfKey(['a', 0], 'c'), { file: 'a.yaml', line: 2, column: 12 });
    assert.deepEqual(source.linesOf(['a']), { from: 2, to: 3 });
  });

  it('places a missing value at its nearest holder', () => {
    const { source } = readSource('a:\n  b: {c: 1}\n', 'a.yaml');
    assert.equal(source?.placeOf(['a', 'b', 'nothing', 3]).line, 2);
    assert.equal(source.placeOfKey(['a', 'b'], 'nothing').line, 2);
  });

  it('takes 64 KiB and refuses a byte more', () => {
    const comment = `a: 1\n#${'x'.repeat(64 * KIB - 6)}`;
    assert.equal(codeOf(comment), undefined);
    assert.equal(codeOf(`${comment}x`), 'PLAYBOOK_FILE_TOO_LARGE');
  });

  it('takes 64 levels and refuses the next, in brackets and in blocks', () => {
    const brackets = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    const blocks = (depth: number): string =>
      Array.from({ length: depth }, (_, index) => `${' '.repeat(index)}a:`).join('\n');
    const sequences = (depth: number): string => `${'- '.repeat(depth)}x`;
    for (const nested of [brackets, blocks, sequences]) {
      assert.equal(codeOf(nested(64)), undefined);
      assert.equal(codeOf(nested(65)), 'PLAYBOOK_YAML_TOO_DEEP');
    }
  });

  it('takes 8,000 tokens and refuses the next', () => {
    const list = (entries: number): string => `[${'a,'.repeat(entries)}]`; // two tokens an entry, two for the list
    assert.equal(codeOf(list(3_999)), undefined);
    assert.equal(codeOf(list(4_000)), 'PLAYBOOK_YAML_TOO_MANY_TOKENS');
  });

  it('lists every key that stands twice', () => {
    const { diagnostics } = readSource('a: 1\nb: {c: 1, c: 2}\na: 3\n', 'a.yaml');
    assert.deepEqual(diagnostics.map(({ code, line }) => `${code} ${line}`).sort(), [
      'PLAYBOOK_KEY_DUPLICATE 2',
      'PLAYBOOK_KEY_DUPLICATE 3',
    ]);
  });

  for (const escape of ['\\0', '\\u202E', '\\ud800'])
    it(`refuses what the escape ${escape} stands for, with its line`, () => {
      const [found] = readSource(`a: 1\nb: "x${escape}y"\n`, 'a.yaml').diagnostics;
      assert.deepEqual([found?.code, found?.line], ['PLAYBOOK_CHARACTER_FORBIDDEN', 2]);
    });

  it('refuses a credential, and does not repeat it', () => {
    const token = ['hf', 'a'.repeat(34)].join('_');
    const [found] = readSource(`a: 1\nb: "Bearer ${token}"\n`, 'a.yaml').diagnostics;
    assert.deepEqual([found?.code, found?.line], ['PLAYBOOK_SECRET_IN_FILE', 2]);
    assert.ok(!JSON.stringify(found).includes(token));
  });

  it('lets a document marker stand before everything else', () => assert.equal(codeOf('# a\n---\na: 1\n'), undefined));

  it('gives a key of the language itself as a plain key', () => {
    const { source } = readSource('__proto__: {polluted: true}\n', 'a.yaml');
    assert.equal(Object.hasOwn(source!.value as object, '__proto__'), true);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });

  it('reads words as words: no is no boolean, a date is a text', () => {
    assert.deepEqual(readSource('a: no\nb: 2026-01-01\nc: 0o17\nd: ~\n', 'a.yaml').source?.value, {
      a: 'no',
      b: '2026-01-01',
      c: 15,
      d: null,
    });
  });
});
