import assert from 'node:assert/strict';
import { actAtIssuers } from '../../../../activities/credentials/actions/act-at-issuers.ts';
import { attempt, credentialRows, openPermit, pageCall } from '../../../support/page-calls.ts';
import { bench, memoryIssuer } from './bench.ts';
import { CodedError } from '../../../../contracts/errors.ts';
import { failedWithout, withheldWithout } from '../../../../activities/credentials/actions/without-connector.ts';
import type { CredentialIssuer } from '../../../../activities/credentials/port.ts';
import type { NewRow } from '../../../../ledger/ports.ts';
import type { PageResult } from '../../../../contracts/effects.ts';
import type { Pick } from '../../../../activities/credentials/issuers.ts';

const revoking: Pick = (issuer) => issuer.revoke;

async function act(
  issuers: Readonly<Record<string, CredentialIssuer>>,
  rows: (house: ReturnType<typeof bench>) => readonly NewRow[],
  pick: Pick = revoking,
): Promise<PageResult> {
  const house = bench(issuers);
  const call = pageCall('credentials.revoke', await house.ledger.dataset(rows(house)));
  await openPermit(house.ledger, call);
  const without = pick === revoking ? failedWithout(house.issuers) : withheldWithout;
  return actAtIssuers(call, { ...house, attempt: attempt() }, pick, without);
}

describe('actAtIssuers', () => {
  it('lets each issuer act on its own credentials', async () => {
    const [own, github] = [memoryIssuer(), memoryIssuer()];
    const rows = credentialRows(4).map((row, index) => ({
      ...row,
      attributes: { ...row.attributes, issuer: index < 3 ? 'own' : 'github' },
    }));
    assert.deepEqual((await act({ own, github }, () => rows)).counts, { accepted: 4 });
    assert.deepEqual([own.dead.size, github.dead.size], [3, 1]);
  });

  it('fails credentials of an issuer that nothing is configured for, and acts on the others', async () => {
    const rows = [...credentialRows(1), { ...credentialRows(2, { issuer: 'nobody' })[1]! }];
    const result = await act({ own: memoryIssuer() }, () => rows);
    assert.deepEqual(result.counts, { accepted: 1, failed: 1 });
    assert.deepEqual(result.reasons, { CONNECTOR_ISSUER_UNKNOWN: 1 });
  });

  it('withholds an ending of sessions where an issuer has none', async () => {
    const result = await act(
      { own: memoryIssuer() },
      () => credentialRows(2),
      (issuer) => issuer.endSessions,
    );
    assert.deepEqual([result.counts, result.reasons], [{ withheld: 2 }, { EFFECT_NOT_NEEDED: 2 }]);
  });

  it('refuses a credential that the engine works with, known by its value', async () => {
    const own = memoryIssuer({ ownValues: ['the act key'] });
    const result = await act({ own }, ({ ledger }) => [
      { ...credentialRows(1)[0]!, subject: ledger.incidents.fingerprint('the act key') },
    ]);
    assert.deepEqual(result.reasons, { EFFECT_OWN_CREDENTIAL: 1 });
    assert.equal(own.dead.size, 0);
  });

  it('refuses a credential that the engine works with, known by its id at the issuer', async () => {
    const identify = async (): Promise<readonly [ReturnType<typeof known>]> => [known('t-1')];
    const own = memoryIssuer({ ownValues: ['the act key'], identify });
    const result = await act({ own }, () => credentialRows(3));
    assert.deepEqual(result.counts, { accepted: 2, failed: 1 });
    assert.ok(!own.dead.has('subject-00001'));
  });

  it('acts on nothing at an issuer that cannot say which credentials are our own', async () => {
    const own = memoryIssuer({ ownValues: ['the act key'], identify: () => Promise.reject(new Error('down')) });
    const result = await act({ own }, () => credentialRows(2));
    assert.deepEqual([result.counts, result.left], [{ planned: 2 }, 2]);
    assert.equal(own.dead.size, 0);
  });

  for (const code of ['CONNECTOR_RATE_LIMITED', 'CONNECTOR_SERVER_ERROR', 'CONNECTOR_UNAUTHORIZED'] as const) {
    it(`asks such an issuer again where it answers with ${code}`, async () => {
      const identify = (): Promise<never> => Promise.reject(new CodedError(code, 'POST identify'));
      const own = memoryIssuer({ ownValues: ['the act key'], identify });
      const result = await act({ own }, () => credentialRows(2));
      assert.deepEqual([result.counts, result.left, result.reasons], [{ planned: 2 }, 2, { [code]: 2 }]);
      assert.equal(own.dead.size, 0);
    });
  }

  it('gives up targets at an issuer that refuses to say it, for instance with a 404', async () => {
    const identify = (): Promise<never> => Promise.reject(new CodedError('CONNECTOR_REFUSED', 'POST identify'));
    const own = memoryIssuer({ ownValues: ['the act key'], identify });
    const result = await act({ own }, () => credentialRows(2));
    assert.deepEqual([result.counts, result.left], [{ failed: 2 }, 0]);
    assert.deepEqual(result.reasons, { CREDENTIALS_GUARD_REFUSED: 2 });
    assert.equal(own.dead.size, 0);
  });
});

function known(issuerId: string) {
  return { issuerId, kind: 'service', ownerId: '', scopes: [], misused: false };
}
