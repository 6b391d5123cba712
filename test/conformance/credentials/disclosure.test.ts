import assert from 'node:assert/strict';
import { applyChecked } from '../../../activities/conformance.ts';
import { credentialRow } from '../../support/credential-row.ts';
import { disclosure } from '../../../activities/credentials/connectors/disclosure.ts';
import { httpFaults, spoilHttp } from '../../support/http-bench.ts';
import { joinCases } from './join-cases.ts';
import { startDisclosureServer } from '../../support/disclosure-server.ts';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import type { CredentialBench } from '../../../activities/credentials/connectors/cases.ts';
import type { CredentialIssuer } from '../../../activities/credentials/port.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';
import type { DisclosureServer } from '../../support/disclosure-server.ts';
import type { FaultProxy } from '../../support/fault-proxy.ts';

const PATH = '/credentials/revoke';

describe('disclosure', () => {
  let server: DisclosureServer;
  let proxy: FaultProxy;
  let issuer: CredentialIssuer;
  let bench: CredentialBench;
  let made = 0;

  const row = (value: string): DatasetRow => credentialRow(`subject ${(made += 1)}`, '', value);
  const alive = (): DatasetRow => {
    const value = ['ghp', String(made + 1).padStart(36, 'a')].join('_');
    server.alive.add(value);
    return row(value);
  };

  before(async () => {
    server = await startDisclosureServer();
    proxy = await startFaultProxy(server.url);
    const config = { use: 'disclosure', url: `${proxy.url}${PATH}`, whoami: `${server.url}/user`, timeoutMs: 400 };
    issuer = disclosure.createIssuer!(config, () => '');
    bench = {
      issuer,
      make: async (count) => Array.from({ length: count }, alive),
      makeUnknown: async () => row('not a credential'),
      isAlive: async ({ sealed }) => server.alive.has((sealed as { value: string }).value),
      faults: httpFaults,
      spoilNext: (fault) => spoilHttp(proxy, fault, PATH),
      repair: () => proxy.resume(),
    };
  });

  after(async () => {
    await issuer.close();
    await proxy.close();
    await server.close();
  });

  // Its 202 has no body that could be wrong; only who-am-I tells.
  joinCases(
    () => bench,
    httpFaults.filter((fault) => fault !== 'nonsense' && fault !== 'error-inside'),
  );

  it('finds the one refused value of a batch by halves, and revokes all others', async () => {
    const rows = [...(await bench.make(15)), await bench.makeUnknown!()];
    server.calls.length = 0;
    const outcomes = await applyChecked(issuer.revoke, rows);
    assert.equal(outcomes.filter(({ state }) => state === 'accepted').length, 15);
    assert.deepEqual(
      outcomes.filter(({ state }) => state === 'failed').map(({ code }) => code),
      ['CONNECTOR_REFUSED'],
    );
    assert.ok(server.calls.length <= 9, `${server.calls.length} calls`); // 16, then 8+8, 4+4, 2+2, 1+1
  });
});
