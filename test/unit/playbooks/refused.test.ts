import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { actionCatalogue } from '../../../contracts/catalogue.ts';
import { isErrorCode } from '../../../contracts/errors.ts';
import type { Diagnostic } from '../../../playbooks/diagnostic.ts';
import { readLibrary, standardLibrary, type OpenedLibrary } from '../../../playbooks/library.ts';
import { lintLoading } from '../../../playbooks/lint.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/playbooks/refused', import.meta.url));
const EXPECT = /^# expect: ([A-Z_]+) line (\d+)$/;
const FILES_MIN = 45;
const surroundings = { catalogue: actionCatalogue, today: '2026-11-24' };

/** What a fixture says of itself in its first line. */
function expectationOf(file: string): { readonly code: string; readonly line: number } {
  const [first = ''] = readFileSync(join(FOLDER, file), 'utf8').split('\n', 1);
  const [, code = '', line = ''] = EXPECT.exec(first) ?? [];
  return { code, line: Number(line) };
}

describe('refused playbooks', () => {
  const files = readdirSync(FOLDER).sort();
  let library: OpenedLibrary;

  before(async () => {
    library = await readLibrary([FOLDER, standardLibrary]);
  });

  it(`are at least ${FILES_MIN}, each with a registered code`, () => {
    assert.ok(files.length >= FILES_MIN, `there are ${files.length}`);
    for (const file of files) assert.ok(isErrorCode(expectationOf(file).code), file);
  });

  for (const file of files) {
    const { code, line } = expectationOf(file);
    it(`${file}: ${code} at line ${line}, for that one reason`, () => {
      const found: readonly Diagnostic[] = lintLoading(
        library.loadings.get(join(FOLDER, file))!,
        library,
        surroundings,
      );
      const errors = found.filter(({ severity }) => severity === 'error');
      assert.deepEqual(
        errors.map((error) => `${error.code} line ${error.line}`),
        [`${code} line ${line}`],
        errors.map(({ message }) => message).join('\n'),
      );
    });
  }
});
