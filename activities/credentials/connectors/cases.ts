import assert from 'node:assert/strict';
import { applyChecked, contextOf, statesOf } from '../../conformance.ts';
import type { ConformanceCase, Fault } from '../../conformance.ts';
import type { Connector } from '../../port.ts';
import type { CredentialIssuer } from '../port.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';

/** What a connector's test sets up for the cases; everything is told by the outside world, not by the connector. */
export interface CredentialBench {
  readonly issuer: CredentialIssuer;
  /** Makes fresh, living credentials at the issuer, as rows of a dataset with opened sealed parts. */
  readonly make: (count: number) => Promise<readonly DatasetRow[]>;
  /** A row that the issuer does not know; absent where it cannot be told (RFC 7009 answers 200 for any token). */
  readonly makeUnknown?: () => Promise<DatasetRow>;
  /** Whether a credential works, asked of the issuer itself. */
  readonly isAlive: (row: DatasetRow) => Promise<boolean>;
  /** Faults it can make of the next acting request. */
  readonly faults: readonly Fault[];
  readonly spoilNext: (fault: Fault) => Promise<void>;
  /** Ends whatever `spoilNext` began. */
  readonly repair: () => Promise<void>;
}

type CredentialCase = ConformanceCase<CredentialBench>;

const calm: readonly CredentialCase[] = [
  {
    name: 'revokes each target, which then is dead',
    run: async ({ issuer, make, isAlive }) => {
      const rows = await make(3);
      assert.deepEqual(statesOf(await applyChecked(issuer.revoke, rows)), ['accepted']);
      for (const row of rows) assert.equal(await isAlive(row), false);
    },
  },
  {
    name: 'leaves alone what was not a target',
    run: async ({ issuer, make, isAlive }) => {
      const [target, other] = await make(2);
      await applyChecked(issuer.revoke, [target!]);
      assert.equal(await isAlive(other!), true);
    },
  },
  {
    name: 'accepts a repeat',
    run: async ({ issuer, make, isAlive }) => {
      const rows = await make(2);
      await applyChecked(issuer.revoke, rows);
      assert.deepEqual(statesOf(await applyChecked(issuer.revoke, rows)), ['accepted']);
      assert.equal(await isAlive(rows[0]!), false);
    },
  },
  {
    name: 'sees what is alive and what is dead, and changes nothing by looking',
    run: async ({ issuer, make, isAlive }) => {
      const rows = await make(2);
      await applyChecked(issuer.revoke, [rows[0]!]);
      assert.deepEqual(await look(issuer.revoke, rows), [true, false]);
      assert.equal(await isAlive(rows[1]!), true);
    },
  },
  {
    name: 'does not fail the others of a batch for one that its issuer does not know',
    run: async ({ issuer, make, makeUnknown, isAlive }) => {
      const rows = await make(2);
      const unknown = await makeUnknown?.();
      const outcomes = await applyChecked(issuer.revoke, unknown ? [rows[0]!, unknown, rows[1]!] : rows);
      const accepted = outcomes.filter(({ state }) => state === 'accepted').map(({ subject }) => subject);
      for (const row of rows) {
        assert.ok(accepted.includes(row.subject));
        assert.equal(await isAlive(row), false);
      }
    },
  },
];

const spoilt: readonly CredentialCase[] = [
  ...harmless('rate-limit', 'asks again later when it is told to slow down', (code, waitMs) => {
    assert.equal(code, 'CONNECTOR_RATE_LIMITED');
    assert.ok((waitMs ?? 0) > 0);
  }),
  ...harmless('wrong-key', 'waits for a person when its key is refused', (code) => {
    assert.equal(code, 'CONNECTOR_UNAUTHORIZED');
  }),
  ...harmless('unreachable', 'knows that nothing was sent when there is no connection', (code) => {
    assert.equal(code, 'CONNECTOR_UNREACHABLE');
  }),
  ...(['nonsense', 'error-inside', 'endless'] as const).map((fault): CredentialCase => ({
    name: `does not take an answer that is ${fault} for a yes`,
    fault,
    run: async ({ issuer, make, spoilNext, repair }) => {
      const rows = await make(2);
      await spoilNext(fault);
      const outcomes = await applyChecked(issuer.revoke, rows.slice(0, issuer.revoke.batch.max));
      await repair();
      assert.ok(!statesOf(outcomes).includes('accepted'));
    },
  })),
  ...(['silence', 'cut', 'error-after'] as const).map((fault): CredentialCase => ({
    name: `says unknown, not failed, when the act was done and the answer was lost (${fault}); a repeat succeeds`,
    fault,
    run: async ({ issuer, make, isAlive, spoilNext, repair }) => {
      const [row] = await make(1);
      await spoilNext(fault);
      const [outcome] = await applyChecked(issuer.revoke, [row!]);
      await repair();
      assert.equal(outcome?.state, 'unknown');
      assert.equal(await isAlive(row!), false);
      assert.deepEqual(statesOf(await applyChecked(issuer.revoke, [row!])), ['accepted']);
    },
  })),
];

/** The conformance cases of the credentials port: every connector passes those whose fault its bench can make. */
export const credentialCases: readonly CredentialCase[] = [...calm, ...spoilt];

/** A fault without effect: the target stays alive, is `planned` again, and can be revoked afterwards. */
function harmless(
  fault: Fault,
  name: string,
  verify: (code: string | undefined, waitMs: number | undefined) => void,
): readonly CredentialCase[] {
  return [
    {
      name,
      fault,
      run: async ({ issuer, make, isAlive, spoilNext, repair }) => {
        const [row] = await make(1);
        await spoilNext(fault);
        const [outcome] = await applyChecked(issuer.revoke, [row!]);
        await repair();
        assert.equal(outcome?.state, 'planned');
        verify(outcome.code, outcome.waitMs);
        assert.equal(await isAlive(row!), true);
        assert.deepEqual(statesOf(await applyChecked(issuer.revoke, [row!])), ['accepted']);
      },
    },
  ];
}

async function look(connector: Connector, rows: readonly DatasetRow[]): Promise<readonly (boolean | undefined)[]> {
  const seen = (await connector.check?.(rows, contextOf(connector))) ?? [];
  return rows.map(({ subject }) => seen.find((observation) => observation.subject === subject)?.dead);
}
