import assert from 'node:assert/strict';
import { contextOf } from '../../../activities/conformance.ts';
import { credentialRow } from '../../support/credential-row.ts';
import { httpFaults, spoilHttp } from '../../support/http-bench.ts';
import { joinCases } from './join-cases.ts';
import { oauthClient, startOauthServer } from '../../support/oauth-server.ts';
import { rfc7009 } from '../../../activities/credentials/connectors/rfc7009.ts';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import type { CredentialBench } from '../../../activities/credentials/connectors/cases.ts';
import type { CredentialIssuer } from '../../../activities/credentials/port.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';
import type { FaultProxy } from '../../support/fault-proxy.ts';
import type { OauthServer } from '../../support/oauth-server.ts';

const PATH = '/token/revocation';

describe('rfc7009', () => {
  let server: OauthServer;
  let proxy: FaultProxy;
  let issuer: CredentialIssuer;
  let bench: CredentialBench;

  const issue = async (): Promise<DatasetRow> => {
    const token = await server.issueToken();
    return credentialRow(`subject of ${token.slice(-6)}`, '', token);
  };

  before(async () => {
    server = await startOauthServer();
    proxy = await startFaultProxy(server.url);
    const client = { id: oauthClient.id, secret: 'env:SECRET' };
    const config = {
      use: 'rfc7009',
      revocation: `${proxy.url}${PATH}`,
      introspection: `${server.url}/token/introspection`,
      act: client,
      read: client,
      timeoutMs: 500,
    };
    issuer = rfc7009.createIssuer!(config, () => oauthClient.secret);
    bench = {
      issuer,
      make: async (count) => Promise.all(Array.from({ length: count }, issue)),
      isAlive: async (row) => server.isActive(valueOf(row)),
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

  // Its 200 has no body that could be wrong: RFC 7009 section 2.2 lets a client ignore it.
  joinCases(
    () => bench,
    httpFaults.filter((fault) => fault !== 'nonsense' && fault !== 'error-inside'),
  );

  it('fails a target whose value is gone, without asking', async () => {
    const [outcome] = await issuer.revoke.apply(
      [{ row: credentialRow('gone', ''), key: '', generation: 1 }],
      contextOf(issuer.revoke),
    );
    assert.equal(outcome?.code, 'CONNECTOR_VALUE_MISSING');
  });
});

function valueOf(row: DatasetRow): string {
  return (row.sealed as { value: string }).value;
}
