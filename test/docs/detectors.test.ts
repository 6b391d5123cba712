import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDetectors } from '../../gateway/detectors/detectors.ts';
import { readPlainAlert } from '../../gateway/detectors/plain-alert.ts';
import { standardWebhooksProof } from '../../gateway/detectors/standard-webhooks.ts';
import { readDetectors } from '../../worker/detectors-file.ts';
import { secretOf } from '../unit/gateway/detectors/senders.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/detectors.md'), 'utf8');

function blocks(language: string): readonly string[] {
  return [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
    .filter((block) => block[1] === language)
    .map((block) => block[2]!);
}

describe('docs/detectors.md', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'firebreak-docs-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  it('shows files of detectors that can be used', () => {
    const files = blocks('yaml');
    assert.equal(files.length, 2);
    for (const text of files) {
      const path = join(folder, 'detectors.yaml');
      writeFileSync(path, text);
      const secret = (reference: string): string =>
        reference.endsWith('.key') ? `whsec_${Buffer.from(secretOf('docs')).toString('base64')}` : secretOf(reference);
      openDetectors(readDetectors(path, secret), () => Promise.reject(new Error('nothing is fetched')));
    }
  });

  it('shows commands that sign an alert as the scheme wants it', async function () {
    const [makeKey, send] = blocks('sh');
    const shown = send!.slice(0, send!.indexOf('curl'));
    const script = `set -euo pipefail\n${makeKey!}${shown}\nprintf '%s\\n' "$id" "$now" "$mac" "$body"`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const [id, now, mac, body] = stdout.split('\n') as [string, string, string, string];
    const verify = standardWebhooksProof([readFileSync(join(folder, 'scout.key'), 'utf8').trim()]);
    const headers = { 'webhook-id': id, 'webhook-timestamp': now, 'webhook-signature': `v1,${mac}` };
    const authentic = await verify({ headers, body: Buffer.from(body), atMs: Date.now() });
    assert.equal(readPlainAlert(authentic)[0]!.kind, 'store-exposed');
  });
});
