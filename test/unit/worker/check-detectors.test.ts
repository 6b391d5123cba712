import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { standardLibrary } from '../../../playbooks/library.ts';
import { checkDetectors } from '../../../worker/check-detectors.ts';
import { secretReader } from '../../../worker/secrets.ts';
import { secretOf } from '../gateway/detectors/senders.ts';

describe('checkDetectors', () => {
  let folder: string;
  const secrets = secretReader({ SCOUT_KEY: secretOf('scout') }, () => undefined);
  const look = (content: string): Promise<string> => {
    const path = join(folder, 'detectors.yaml');
    writeFileSync(path, content);
    return checkDetectors({ detectors: path, playbooks: [standardLibrary] }, secrets);
  };
  const detector = (more: string): string =>
    `detectors:\n  - {name: scout, scheme: bearer, keys: ["env:SCOUT_KEY"], ${more}}\n`;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'firebreak-detectors-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('tells how many can be heard, and which of them start nothing', async () => {
    const rule = '{playbook: exposed-secrets, inputs: {store: ci}}';
    assert.equal(await look(detector(`playbooks: [exposed-secrets], rules: [${rule}]`)), '1 can be heard');
    assert.equal(
      await look(detector('playbooks: [exposed-secrets], rules: [{ignore: true}]')),
      '1 can be heard; scout starts nothing: none of its rules names a playbook',
    );
    assert.equal(await checkDetectors({ playbooks: [standardLibrary] }, secrets), 'none is configured');
  });

  it('names a playbook that is not there, a secret that is missing, and every fault of the file', async () => {
    await assert.rejects(look(detector('playbooks: [weather], rules: [{playbook: weather}]')), {
      message: 'scout starts weather, which is no playbook',
    });
    await assert.rejects(look(detector('playbooks: [], rules: []').replace('SCOUT_KEY', 'NO_KEY')), {
      code: 'CONFIG_SECRET_MISSING',
    });
    await assert.rejects(look(detector('playbooks: [], rules: [{}], color: red')), {
      code: 'CONFIG_DETECTORS_INVALID',
    });
    await assert.rejects(look(detector('playbooks: [], rules: [{}]')), { code: 'CONFIG_DETECTORS_INVALID' });
  });
});
