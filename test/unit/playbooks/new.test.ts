import assert from 'node:assert/strict';
import { compilePlaybook } from '../../../playbooks/compile.ts';
import { readLibrary, standardLibrary, type Library } from '../../../playbooks/library.ts';
import { lintText } from '../../../playbooks/lint.ts';
import { loadPlaybook } from '../../../playbooks/load.ts';
import { newPlaybook } from '../../../playbooks/new.ts';
import { bare } from './builders.ts';

describe('newPlaybook', () => {
  let library: Library;
  before(async () => {
    library = await readLibrary([standardLibrary]);
  });

  for (const name of ['key-lost', `a${'b'.repeat(63)}`]) {
    it(`gives a playbook ${name.slice(0, 10)} that lints without a warning and compiles`, () => {
      const text = newPlaybook(name);
      assert.deepEqual(lintText(text, `${name}.yaml`, library, bare), []);
      const { loaded } = loadPlaybook(text, `${name}.yaml`);
      const playbooks = new Map(library.playbooks).set(name, loaded!);
      assert.equal(compilePlaybook(name, { ...library, playbooks }, bare).plan.playbook.name, name);
    });
  }

  for (const name of ['', 'Key', '1st', 'a b', 'a/b', '..', `a${'b'.repeat(64)}`]) {
    it(`refuses ${JSON.stringify(name.slice(0, 10))}`, () =>
      assert.throws(() => newPlaybook(name), { code: 'PLAYBOOK_NAME_INVALID' }));
  }
});
