import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isErrorCode } from '../../../../contracts/errors.ts';

const SOURCE = readFileSync('cli/bundle-verify.ts', 'utf8');

describe('cli/bundle-verify.ts', () => {
  it('imports nothing but modules of Node', () => {
    const imported = [...SOURCE.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)|\brequire\(/g)].map(
      ([, name]) => name,
    );
    assert.ok(imported.length > 0);
    assert.deepEqual(
      imported.filter((name) => !name?.startsWith('node:')),
      [],
    );
  });

  it('uses registered codes only', () => {
    const codes = new Set([...SOURCE.matchAll(/'(BUNDLE_[A-Z_]+)'/g)].map(([, code]) => code!));
    assert.ok(codes.size > 5);
    assert.deepEqual(
      [...codes].filter((code) => !isErrorCode(code)),
      [],
    );
  });
});
