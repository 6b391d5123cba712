import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPlaybook, readLibrary, standardLibrary } from '../../../playbooks/library.ts';
import { lintFiles } from '../../../playbooks/lint-files.ts';
import { bare, codesOf } from './builders.ts';

const FOLDERS = fileURLToPath(new URL('../../fixtures/playbooks/folders', import.meta.url));
const [first, second] = [join(FOLDERS, 'first'), join(FOLDERS, 'second')];

describe('readLibrary', () => {
  it('reads playbooks and texts, and says what it leaves out', async () => {
    const { playbooks, texts, diagnostics } = await readLibrary([first]);
    assert.deepEqual([...playbooks.keys()].sort(), ['other-name', 'twice']);
    assert.deepEqual(
      texts.map(({ name, locale }) => `${name}/${locale}`),
      ['note/de', 'note/default'],
    );
    assert.deepEqual([...codesOf(diagnostics)].sort(), [
      'PLAYBOOK_FILE_IGNORED',
      'PLAYBOOK_FILE_IGNORED',
      'PLAYBOOK_NAME_MISMATCH',
      'PLAYBOOK_YAML_INVALID',
    ]);
  });

  it('keeps the first of two playbooks of one name, and says so', async () => {
    const { playbooks, diagnostics } = await readLibrary([first, second]);
    assert.equal(playbooks.get('twice')!.source.file, join(first, 'twice.yaml'));
    const [found] = diagnostics.filter(({ code }) => code === 'PLAYBOOK_NAME_DUPLICATE');
    assert.equal(found!.file, join(second, 'twice.yaml'));
  });

  it('reads a folder once, however it is named', async () => {
    const { diagnostics } = await readLibrary([second, `${second}/`, join(second, '..', 'second')]);
    assert.deepEqual(diagnostics, []);
  });

  it('refuses a folder that is not there', async () => {
    await assert.rejects(readLibrary([join(FOLDERS, 'third')]), { code: 'PLAYBOOK_FOLDER_MISSING' });
  });
});

describe('findPlaybook', () => {
  it('tells a playbook that is broken from one that is not there', async () => {
    const library = await readLibrary([first]);
    assert.throws(() => findPlaybook(library, 'broken'), { code: 'PLAYBOOK_INVALID' });
    assert.throws(() => findPlaybook(library, 'absent'), { code: 'PLAYBOOK_UNKNOWN' });
  });
});

describe('lintFiles', () => {
  it('finds nothing wrong with the library, not even a warning', async () => {
    const { loadings, diagnostics } = await readLibrary([standardLibrary]);
    assert.deepEqual([...diagnostics, ...(await lintFiles([...loadings.keys()], bare))], []);
  });

  it('lints a file among the playbooks of its own folder', async () => {
    const found = await lintFiles([join(first, 'misnamed.yaml'), join(first, 'broken.yaml')], bare);
    assert.deepEqual(codesOf(found), ['PLAYBOOK_YAML_INVALID', 'PLAYBOOK_NAME_MISMATCH']);
  });

  it('says of a file that is not there that it cannot be read', async () => {
    assert.deepEqual(codesOf(await lintFiles([join(first, 'absent.yaml')], bare)), ['PLAYBOOK_FILE_UNREADABLE']);
  });
});
