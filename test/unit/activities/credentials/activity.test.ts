import assert from 'node:assert/strict';
import { CodedError } from '../../../../contracts/errors.ts';
import { actAtIssuers } from '../../../../activities/credentials/actions/act-at-issuers.ts';
import { actionCall, attempt, credentialRows, openPermit, pageCall } from '../../../support/page-calls.ts';
import { bench, memoryIssuer } from './bench.ts';
import { failedWithout } from '../../../../activities/credentials/actions/without-connector.ts';
import { readCredentialActivity, snapshotEvidence } from '../../../../activities/credentials/actions/activity.ts';
import { watchCredentials } from '../../../../activities/credentials/actions/watch.ts';
import type { CredentialActivity, CredentialIssuer } from '../../../../activities/credentials/port.ts';
import type { JsonObject } from '../../../../contracts/json.ts';
import type { NewRow } from '../../../../ledger/ports.ts';

const NOW = '2026-05-02T00:00:00Z';

function issuerKnowing(lastUsedAt: string): CredentialIssuer {
  const activity = async (ids: readonly string[]): Promise<ReadonlyMap<string, CredentialActivity>> =>
    new Map(ids.filter((id) => id !== 't-2').map((id) => [id, { scopes: ['read'], lastUsedAt, clients: ['cli'] }]));
  return memoryIssuer({ activity });
}

async function setUp(own: CredentialIssuer, rows: readonly NewRow[]) {
  const house = bench({ own });
  const dataset = await house.ledger.dataset(rows);
  const of = dataset as unknown as JsonObject;
  return { dataset, of, options: { ...house, now: () => NOW } };
}

describe('snapshotEvidence', () => {
  it('stores what the issuer knows, with custody, and lists what is missing', async () => {
    const { of, options } = await setUp(issuerKnowing('2026-05-01T10:00:00Z'), credentialRows(3));
    const call = actionCall('evidence.snapshot', { with: { of, include: ['scopes', 'clients'] } });
    const result = await snapshotEvidence(call, options);
    const [{ body, meta }] = options.ledger.stored as [(typeof options.ledger.stored)[number]];
    const document = JSON.parse(Buffer.from(body).toString()) as { items: JsonObject[]; missing: JsonObject[] };
    assert.deepEqual([result.outputs['items'], result.outputs['missing'], result.state], [2, 1, 'partial']);
    assert.deepEqual(document.items[0]?.['clients'], ['cli']);
    assert.ok(!('lastUsedAt' in document.items[0]));
    assert.equal(document.missing[0]?.['reason'], 'CONNECTOR_TARGET_UNKNOWN');
    const record = options.ledger.records.find(({ kind }) => kind === 'evidence');
    assert.equal(record?.body['digest'], meta.digest);
  });

  it('lists all credentials of an issuer that is down, and does not fail', async () => {
    const down = memoryIssuer({ activity: () => Promise.reject(new CodedError('CONNECTOR_UNREACHABLE', 'down')) });
    const { of, options } = await setUp(down, credentialRows(2));
    const result = await snapshotEvidence(
      actionCall('evidence.snapshot', { with: { of, include: ['scopes'] } }),
      options,
    );
    assert.deepEqual([result.outputs['items'], result.outputs['missing']], [0, 2]);
  });
});

describe('readCredentialActivity', () => {
  const read = async (rows: readonly NewRow[]) => {
    const { of, options } = await setUp(issuerKnowing('2026-05-01T10:00:00Z'), rows);
    return readCredentialActivity(actionCall('credentials.activity', { with: { of, back: 'P1D' } }), options);
  };

  it('counts what was used lately, and says not found only when all were read', async () => {
    const result = await read(credentialRows(2, { misused: false }));
    assert.deepEqual([result.outputs['used'], result.facts], [2, { misuseFound: 'not-found' }]);
  });

  it('says nothing about misuse when some could not be read', async () => {
    assert.equal((await read(credentialRows(3, { misused: false }))).facts, undefined);
  });

  it('says found when one is marked misused', async () => {
    assert.deepEqual((await read(credentialRows(1, { misused: true }))).facts, { misuseFound: 'found' });
  });
});

describe('watchCredentials', () => {
  /** Watches credentials that died at the memory ledger's time, 2026-05-01T00:00:00Z. */
  async function watch(lastUsedAt: string, waitFor: string) {
    const { dataset, of, options } = await setUp(issuerKnowing(lastUsedAt), credentialRows(2));
    const call = pageCall('credentials.revoke', dataset);
    await openPermit(options.ledger, call);
    await actAtIssuers(
      call,
      { ...options, attempt: attempt() },
      ({ revoke }) => revoke,
      failedWithout(options.issuers),
    );
    const looking = attempt({ firstScheduledMs: Date.parse('2026-05-01T00:00:00Z') });
    return watchCredentials(actionCall('credentials.watch', { with: { of, for: waitFor } }), options, looking);
  }

  it('looks again later while nothing was reused and time is left', async () => {
    await assert.rejects(watch('2026-04-30T00:00:00Z', 'P30D'), {
      code: 'CREDENTIALS_WATCHING',
      retryAfterMs: 900_000,
    });
  });

  it('ends without reuse when its time is over', async () => {
    assert.deepEqual((await watch('2026-04-30T00:00:00Z', 'P1D')).outputs, { reused: 0 });
  });

  it('ends at once when a dead credential was used after it died', async () => {
    const result = await watch('2026-05-01T12:00:00Z', 'P30D');
    assert.deepEqual([result.outputs['reused'], result.openItems?.length], [2, 1]);
  });
});
