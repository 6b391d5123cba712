import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { actionCatalogue } from '../../../contracts/catalogue.ts';
import { readLibrary, standardLibrary, type OpenedLibrary } from '../../../playbooks/library.ts';
import { lintLoading, lintText } from '../../../playbooks/lint.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/playbooks/warned', import.meta.url));
const surroundings = { catalogue: actionCatalogue, today: '2026-11-24' };

describe('playbooks that lint warns of', () => {
  let library: OpenedLibrary;

  before(async () => {
    library = await readLibrary([FOLDER, standardLibrary]);
  });

  const found = (text: string, file: string): readonly string[] =>
    lintText(text, file, library, surroundings).map(({ code, severity, line }) => `${severity} ${code} line ${line}`);

  for (const file of readdirSync(FOLDER).sort()) {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    const [, code = '', line = ''] = /^# expect: ([A-Z_]+) line (\d+)$/m.exec(text) ?? [];
    it(`${file}: ${code} at line ${line}, and nothing else`, () => {
      assert.deepEqual(found(text, file), [`warning ${code} line ${line}`]);
    });
  }

  describe('for a notice that is early', () => {
    const early = readFileSync(join(FOLDER, 'notice-early.yaml'), 'utf8');
    const edited = (from: string, to: string): readonly string[] => {
      assert.ok(early.includes(from));
      return found(early.replace(from, to), 'notice-early.yaml');
    };

    it('are silent once it waits for the proof', () => {
      assert.deepEqual(edited('[people, contain]', '[people, prove]'), []);
    });

    it('are silent where the author says that readers must hear of it before', () => {
      assert.deepEqual(edited('template: leaked-token,', 'template: leaked-token, expect: 1,'), []);
      assert.deepEqual(edited('template: leaked-token,', 'template: leaked-token, expect: 0.5,'), [
        'warning PLAYBOOK_NOTICE_EARLY line 21',
      ]);
    });

    it('are silent where the step that looks has other targets', () => {
      const other = '{id: other, needs: [], uses: credentials.list, with: {from: issuer}}';
      const steps = `steps:\n  - ${other}\n`;
      const apart = early
        .replace('steps:\n', steps)
        .replace('contain, needs: [sorted]', 'contain, needs: [other]')
        .replaceAll('steps.sorted.rest', 'steps.other.dataset');
      assert.deepEqual(found(apart, 'notice-early.yaml'), []);
    });
  });

  it('are none of the library', () => {
    for (const [file, loading] of library.loadings)
      if (file.startsWith(standardLibrary)) assert.deepEqual(lintLoading(loading, library, surroundings), [], file);
  });
});
