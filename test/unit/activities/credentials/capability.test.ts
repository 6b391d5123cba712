import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { actionCatalogue } from '../../../../contracts/catalogue.ts';
import { credentialsOf } from '../../../../activities/credentials/capability.ts';
import { memoryLedger } from '../../../support/memory-ledger.ts';
import type { JsonObject } from '../../../../contracts/json.ts';
import type { RunningCapability } from '../../../../activities/port.ts';

const own = { use: 'http-issuer', url: 'http://127.0.0.1:1', read: 'env:READ', act: 'env:ACT' };
const github = { use: 'disclosure', url: 'http://127.0.0.1:1/revoke', whoami: 'http://127.0.0.1:1/user' };

function create(config: JsonObject): RunningCapability {
  return credentialsOf([]).create(config, {
    ledger: memoryLedger(),
    secrets: (reference) => reference,
    now: () => '2026-05-01T00:00:00Z',
    staff: () => undefined,
  });
}

describe('credentials', () => {
  it('implements every action that the catalogue gives it', async () => {
    const capability = create({});
    for (const { name, shape, capability: owner } of actionCatalogue.values()) {
      if (owner !== 'credentials') continue;
      assert.ok(name in (shape === 'page' ? capability.paged : capability.single), name);
    }
    await capability.close();
  });

  it('promises of several issuers together what the weakest promises', async () => {
    const capability = create({ issuers: { own, github } });
    const traits = capability.traits('credentials.revoke');
    assert.equal(traits?.name, 'disclosure+http-issuer');
    assert.deepEqual([traits.needsRawValue, traits.notifiesOwner, traits.reversible], [true, true, false]);
    assert.equal(traits.effectDelayMaxMs, 60_000);
    assert.equal(capability.traits('credentials.disable'), undefined);
    await capability.close();
  });

  it('refuses a connector that does not exist and names those that do', () => {
    assert.throws(() => create({ issuers: { own: { use: 'nothing' } } }), {
      code: 'CONNECTOR_UNKNOWN',
      message: /issuers\.own\.use; possible: http-issuer, rfc7009, disclosure, postgres-role/,
    });
  });

  describe('configSchema', () => {
    const validate = new Ajv2020({ strict: false }).compile(credentialsOf([]).configSchema);
    const role = { use: 'postgres-role', url: 'env:ACT', read: 'env:READ' };
    const accepted: readonly JsonObject[] = [
      {},
      { issuers: { own, github, db: role } },
      { sources: { store: { use: 'http-store', url: 'http://127.0.0.1:1', token: 'env:STORE' } } },
    ];
    const refused: readonly JsonObject[] = [
      { issuers: { own: { use: 'http-issuer', url: 'http://127.0.0.1:1', read: 'env:READ' } } },
      { issuers: { own: { ...own, colour: 'red' } } },
      { issuers: { store: { use: 'http-store', url: 'http://127.0.0.1:1', token: 'env:STORE' } } },
      { issuers: { 'No Name': own } },
    ];
    for (const config of accepted) it(`accepts ${JSON.stringify(config)}`, () => assert.ok(validate(config)));
    for (const config of refused) it(`refuses ${JSON.stringify(config)}`, () => assert.ok(!validate(config)));
  });
});
