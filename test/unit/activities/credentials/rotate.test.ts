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
