import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { actionCatalogue } from '../../contracts/catalogue.ts';
import { errorEntry, errorRegistry, type ErrorCode } from '../../contracts/errors.ts';
import { generated, outdated } from '../../docs/generate.ts';

function written(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
}

describe('generated', () => {
  it('is what lies in docs/, content for content', () => {
    assert.deepEqual(outdated(), []);
  });

  it('says of every error code what it means and what to do, in one row', () => {
    const lines = written('errors.md').split('\n');
    for (const code of Object.keys(errorRegistry) as ErrorCode[]) {
      const rows = lines.filter((line) => line.startsWith(`| \`${code}\` |`));
      assert.equal(rows.length, 1, code);
      assert.ok(rows[0]!.includes(` | ${errorEntry(code).http} |`), code);
    }
  });

  it('has a section for every action, and none for anything else', () => {
    const sections = [...written('actions.md').matchAll(/^## (.+)$/gm)].map(([, name]) => name);
    assert.deepEqual(sections, [...actionCatalogue.keys()].sort());
  });

  it('notices a document that was edited by hand', () => {
    const edited = written('errors.md').replace('| rejected |', '| terminal |');
    assert.notEqual(edited, generated['errors.md']!());
  });
});
