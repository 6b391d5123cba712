import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryHouse } from '../../support/memory-house.ts';
import { testIncident } from '../../support/page-calls.ts';
import { configuredNames } from '../../../worker/configured-names.ts';
import { readConfig, type Config } from '../../../worker/config.ts';

const TRAITS = `name: 'hub', effect: 'idempotent', notifiesOwner: false, reversible: false, needsRawValue: true,
  effectDelayMaxMs: 0, endsSessions: false, longestRequestMs: 1000, batch: { max: 1, concurrency: 1 }, apply: async () => []`;

/** A package whose connector says that it checks; whether it can is what `check` tells. */
const vendor = (check: string): string => `export default {
  use: 'any',
  issuerSchema: { required: ['region'], properties: { region: { type: 'string' } } },
  createIssuer: () => ({ ownValues: [], close: async () => {}, revoke: { ${TRAITS}, checks: true, ${check} } }),
};`;

describe('connectors from packages', () => {
  let folder: string;

  const install = (source: string): void => {
    const home = join(folder, 'node_modules/@acme/firebreak-hub');
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), JSON.stringify({ type: 'module', exports: './index.js' }));
    writeFileSync(join(home, 'index.js'), source);
  };

  const read = (connectors: string): Promise<Config> => {
    const path = join(folder, 'firebreak.yaml');
    const lines = [
      'database: {url: env:DATABASE}',
      'temporal: {address: 127.0.0.1:7233}',
      `keys: {encryption: file:kek, payload: file:payload, signing: file:signing, decisions: file:decisions, decisionsPublic: [ed25519:${'A'.repeat(43)}]}`,
      'http: {port: 7380}',
      'people: people.yaml',
      'playbooks: [playbooks]',
      `connectors: ${connectors}`,
    ];
    writeFileSync(path, lines.join('\n'));
    return readConfig(path);
  };

  const create = ({ capabilities, connectors }: Config) => {
    const { environment } = memoryHouse({ incident: testIncident });
    return capabilities.find(({ name }) => name === 'credentials')!.create(connectors['credentials']!, environment);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'firebreak-packages-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('act for the actions of their capability', async () => {
    install(vendor('check: async () => []'));
    const config = await read("{credentials: {issuers: {hub: {use: '@acme/firebreak-hub', region: eu}}}}");
    const running = create(config);
    assert.equal(running.traits('credentials.revoke')?.name, 'hub');
    assert.deepEqual(configuredNames(config), { sources: [] });
    await running.close();
  });

  it('have their part of the configuration checked by their own schema', async () => {
    install(vendor('check: async () => []'));
    await assert.rejects(read("{credentials: {issuers: {hub: {use: '@acme/firebreak-hub', regoin: eu}}}}"), {
      code: 'CONFIG_INVALID',
      message: /firebreak\.yaml:7: connectors\.credentials\.issuers\.hub (?:lacks `region`|has no member `regoin`)/,
    });
  });

  it('are held to what they declare', async () => {
    install(vendor(''));
    const config = await read("{credentials: {issuers: {hub: {use: '@acme/firebreak-hub', region: eu}}}}");
    assert.throws(() => create(config), { code: 'CONNECTOR_CONTRACT_BROKEN' });
  });

  it('are refused by name when they are not installed, or are no vendor', async () => {
    const use = "{tickets: {use: '@acme/firebreak-hub'}}";
    await assert.rejects(read(use), { code: 'CONNECTOR_PACKAGE_UNUSABLE', message: /@acme\/firebreak-hub/ });
    install('export default { createTicket() {} };');
    await assert.rejects(read(use), { code: 'CONNECTOR_PACKAGE_UNUSABLE', message: /has none of create/ });
  });

  it('may lie in a file beside the configuration', async () => {
    writeFileSync(join(folder, 'hub.mjs'), vendor('check: async () => []'));
    const config = await read('{credentials: {issuers: {hub: {use: ./hub.mjs, region: eu}}}}');
    assert.equal(create(config).traits('credentials.revoke')?.name, 'hub');
  });
});
