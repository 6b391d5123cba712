import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readConfig } from '../../../worker/config.ts';
import { readPeople } from '../../../worker/people-file.ts';

const EXAMPLE = readFileSync(resolve(import.meta.dirname, '../../../deploy/firebreak.yaml'), 'utf8');

describe('the configuration of the Slack door', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'firebreak-slack-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const withSlack = (part: string) => {
    const path = join(folder, 'firebreak.yaml');
    writeFileSync(path, `${EXAMPLE}\nslack: ${part}\n`);
    return readConfig(path);
  };

  it('takes Socket Mode or HTTP', async () => {
    const { slack } = await withSlack('{ team: T0EXAMPLE, token: env:BOT, socket: { appToken: env:APP } }');
    assert.deepEqual(slack, { team: 'T0EXAMPLE', token: 'env:BOT', socket: { appToken: 'env:APP' } });
    const http = await withSlack('{ team: T0EXAMPLE, token: env:BOT, http: { port: 0, signingSecret: env:SECRET } }');
    assert.equal(http.slack?.http?.port, 0);
  });

  for (const [what, part] of Object.entries({
    'neither way': '{ team: T0EXAMPLE, token: env:BOT }',
    'both ways':
      '{ team: T0EXAMPLE, token: env:BOT, socket: { appToken: env:A }, http: { port: 0, signingSecret: env:S } }',
    'no workspace': '{ token: env:BOT, socket: { appToken: env:APP } }',
    'a workspace that is none': '{ team: example, token: env:BOT, socket: { appToken: env:APP } }',
    'a secret in place of a reference': '{ team: T0EXAMPLE, token: plain, socket: { appToken: env:APP } }',
  }))
    it(`refuses ${what}`, () => assert.rejects(withSlack(part), { code: 'CONFIG_INVALID' }));

  it('refuses one account at two persons', () => {
    const path = join(folder, 'people.yaml');
    const person = (id: string) => `  - { id: ${id}, name: X, address: ${id}@example.org, roles: [], slack: U0SAME }`;
    writeFileSync(path, ['people:', person('alice'), person('bo')].join('\n'));
    assert.throws(() => readPeople(path), { code: 'CONFIG_PEOPLE_INVALID', message: /U0SAME stands at two persons/ });
  });
});
