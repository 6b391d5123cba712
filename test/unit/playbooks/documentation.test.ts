import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { factCatalogue } from '../../../contracts/facts.ts';
import { playbookErrors } from '../../../contracts/errors/playbook.ts';
import { readLibrary, standardLibrary, type Library } from '../../../playbooks/library.ts';
import { lintText } from '../../../playbooks/lint.ts';
import { bare } from './builders.ts';

const PAGE = readFileSync(new URL('../../../docs/playbooks.md', import.meta.url), 'utf8');
const examples = [...PAGE.matchAll(/^```yaml\n(.*?)^```/gms)].map((match) => ({
  line: PAGE.slice(0, match.index).split('\n').length,
  text: match[1]!,
}));

describe('docs/playbooks.md', () => {
  let library: Library;
  before(async () => {
    library = await readLibrary([standardLibrary]);
  });

  it('has examples', () => assert.ok(examples.length >= 5));

  for (const { line, text } of examples) {
    it(`has an example at line ${line} that lints without a warning`, () =>
      assert.deepEqual(lintText(text, `docs/playbooks.md:${line}`, library, bare), []));
  }

  it('lists every rule of the language, as the registry words it', () => {
    const rows = [...PAGE.matchAll(/^\| `(PLAYBOOK_[A-Z_]+)` \| (.*) \|$/gm)].map(([, code, text]) => [code, text]);
    const rules = Object.entries(playbookErrors)
      .filter(([, { actor }]) => actor === 'author')
      .map(([code, { message, remedy }]) => [code, `${message}. ${remedy}`]);
    assert.deepEqual(rows, rules);
  });

  it('lists every fact of the catalogue', () => {
    const rows = [...PAGE.matchAll(/^\| `([a-zA-Z]+)` \| (.*) \| ([a-z]+) \|$/gm)].map(([, key, title, ask]) => [
      key,
      title,
      ask,
    ]);
    assert.deepEqual(
      rows,
      Object.entries(factCatalogue).map(([key, { title, ask }]) => [key, title, ask]),
    );
  });
});
