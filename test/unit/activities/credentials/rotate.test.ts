import assert from 'node:assert/strict';
import { attempt, credentialRows, later, openPermit, pageCall, testIncident } from '../../../support/page-calls.ts';
import { bench, memoryIssuer } from './bench.ts';
import { rotatePage } from '../../../../activities/credentials/actions/rotate.ts';
import { scriptedConnector } from '../../../support/scripted-connector.ts';
import type { MemoryIssuer } from './bench.ts';
import type { PageCall, PageResult } from '../../../../contracts/effects.ts';
import type { ScriptedConnector } from '../../../support/scripted-connector.ts';

interface Stage {
  readonly own: MemoryIssuer;
  readonly issue: ScriptedConnector;
  readonly handOver: ScriptedConnector;
  readonly confirmed: Set<string>;
  readonly house: ReturnType<typeof bench>;
  readonly sweep: () => Promise<PageResult>;
}

async function stage(count: number, changes: Partial<PageCall> = {}): Promise<Stage> {
  const confirmed = new Set<string>();
  const issue = scriptedConnector('keyed', ({ row }) => ({ receipt: { replacement: `new-${row.subject}` } }), {
    keyLifetimeMs: 60_000,
  });
  const handOver = scriptedConnector('idempotent');
  const own = memoryIssuer({ rotation: { issue, handOver, confirmed: () => Promise.resolve(confirmed) } });
  const house = bench({ own });
  const dataset = await house.ledger.dataset(credentialRows(count, { kind: 'service' }));
  const given = { handOver: 'owner', revokeAfter: 'PT4H' };
  const call = pageCall('credentials.rotate', dataset, { with: given, ...changes });
  await openPermit(house.ledger, call);
  const sweep = (): Promise<PageResult> => rotatePage(call, { ...house, attempt: attempt() });
  return { own, issue, handOver, confirmed, house, sweep };
}

describe('rotatePage', () => {
  it('issues and hands over at once, and waits with the old one for its owner', async () => {
    const { own, issue, handOver, sweep } = await stage(2);
    const result = await sweep();
    assert.deepEqual([result.counts, result.left], [{ planned: 2 }, 2]);
    assert.deepEqual(result.reasons, { CREDENTIALS_HANDOVER_PENDING: 2 });
    assert.ok((result.waitMs ?? 0) >= 1_000);
    assert.deepEqual([issue.calls.flat().length, handOver.calls.flat().length], [2, 2]);
    assert.equal(own.dead.size, 0);
  });

  it('revokes the old one as soon as its owner confirmed, and issues nothing twice', async () => {
    const { own, issue, handOver, confirmed, sweep } = await stage(2);
    await sweep();
    confirmed.add('new-subject-00001');
    const result = await sweep();
    assert.deepEqual([...own.dead], ['subject-00001']);
    assert.deepEqual([result.counts, result.left], [{ planned: 1, accepted: 1 }, 1]);
    assert.deepEqual([issue.calls.flat().length, handOver.calls.flat().length], [2, 2]);
  });

  it('revokes without confirmation at the latest time', async () => {
    const { own, house, sweep } = await stage(1);
    await sweep();
    later(house.ledger.effects, 4 * 3_600_000);
    assert.deepEqual(await sweep(), { counts: { accepted: 1 }, left: 0 });
    assert.equal(own.dead.size, 1);
  });

  it('keeps the old one where no replacement could be issued', async () => {
    const { own, issue, sweep } = await stage(1);
    const refusing = scriptedConnector('keyed', () => ({ state: 'failed', code: 'CONNECTOR_REFUSED' }));
    Object.assign(issue, { apply: (...given: Parameters<typeof refusing.apply>) => refusing.apply(...given) });
    const result = await sweep();
    assert.deepEqual([result.counts, result.left], [{ failed: 1 }, 0]);
    assert.equal(own.dead.size, 0);
  });

  it('uses the very effect of credentials.revoke for the last part', async () => {
    const { confirmed, house, sweep } = await stage(1);
    confirmed.add('new-subject-00000');
    await sweep();
    const [row] = await house.ledger.effects.states(testIncident, 'credentials.revoke', ['subject-00000']);
    assert.equal(row?.state, 'accepted');
  });

  describe('when revocations are limited', () => {
    it('begins no target whose old one could not be revoked, and says whose limit that is', async () => {
      const { issue, confirmed, house, sweep } = await stage(5);
      await house.ledger.effects.setLimit(testIncident, 'credentials.revoke', 3);
      for (let index = 0; index < 5; index += 1) confirmed.add(`new-subject-0000${index}`);
      const result = await sweep();
      assert.deepEqual([result.counts, result.left], [{ accepted: 3, planned: 2 }, 2]);
      assert.deepEqual([result.limited, result.limitedBy], [true, 'credentials.revoke']);
      assert.deepEqual(result.reasons, { LIMIT_EXCEEDED: 2 });
      assert.equal(issue.calls.flat().length, 3);
      await house.ledger.effects.setLimit(testIncident, 'credentials.revoke', 5);
      assert.deepEqual(await sweep(), { counts: { accepted: 5 }, left: 0 });
    });

    it('leaves credentials.revoke only what rotations did not take', async () => {
      const { confirmed, house, sweep } = await stage(2);
      await house.ledger.effects.setLimit(testIncident, 'credentials.revoke', 3);
      for (const index of [0, 1]) confirmed.add(`new-subject-0000${index}`);
      await sweep();
      const lease = { id: 'page of another step', epoch: 1, permit: 'p' };
      assert.equal(await house.ledger.effects.reserve(lease, testIncident, 'credentials.revoke', 9), 1);
    });

    it('gives back what no revocation took, also where an owner was waited for in between', async () => {
      const { issue, confirmed, house, sweep } = await stage(2);
      await house.ledger.effects.setLimit(testIncident, 'credentials.revoke', 2);
      const once = scriptedConnector('keyed', ({ row }) =>
        row.subject === 'subject-00000'
          ? { receipt: { replacement: 'new-subject-00000' } }
          : { state: 'failed', code: 'CONNECTOR_REFUSED' },
      );
      Object.assign(issue, { apply: (...given: Parameters<typeof once.apply>) => once.apply(...given) });
      assert.deepEqual((await sweep()).counts, { planned: 1, failed: 1 });
      confirmed.add('new-subject-00000');
      assert.equal((await sweep()).left, 0);
      const lease = { id: 'page of another step', epoch: 1, permit: 'p' };
      assert.equal(await house.ledger.effects.reserve(lease, testIncident, 'credentials.revoke', 9), 1);
    });

    it('keeps nothing of its own limit that the other one does not let through', async () => {
      const { confirmed, house, sweep } = await stage(5);
      await house.ledger.effects.setLimit(testIncident, 'credentials.rotate', 4);
      await house.ledger.effects.setLimit(testIncident, 'credentials.revoke', 1);
      for (let index = 0; index < 5; index += 1) confirmed.add(`new-subject-0000${index}`);
      assert.equal((await sweep()).limitedBy, 'credentials.revoke');
      const lease = { id: 'page of another step', epoch: 1, permit: 'p' };
      assert.equal(await house.ledger.effects.reserve(lease, testIncident, 'credentials.rotate', 9), 3);
    });
  });

  it('fails a target whose issuer cannot replace', async () => {
    const house = bench({ own: memoryIssuer() });
    const call = pageCall('credentials.rotate', await house.ledger.dataset(credentialRows(1)));
    await openPermit(house.ledger, call);
    const result = await rotatePage(call, { ...house, attempt: attempt() });
    assert.deepEqual(result.reasons, { CONNECTOR_ACTION_UNSUPPORTED: 1 });
  });

  it('withholds everything in a drill', async () => {
    const { issue, own, sweep } = await stage(2, { mode: 'drill' });
    const result = await sweep();
    assert.deepEqual([result.counts, result.left], [{ withheld: 2 }, 0]);
    assert.deepEqual([issue.calls.length, own.dead.size], [0, 0]);
  });
});
