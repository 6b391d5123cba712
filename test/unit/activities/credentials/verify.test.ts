import assert from 'node:assert/strict';
import { actAtIssuers } from '../../../../activities/credentials/actions/act-at-issuers.ts';
import { attempt, credentialRows, later, openPermit, pageCall, testIncident } from '../../../support/page-calls.ts';
import { bench, memoryIssuer } from './bench.ts';
import { failedWithout } from '../../../../activities/credentials/actions/without-connector.ts';
import { verifyPage } from '../../../../activities/credentials/actions/verify.ts';
import { planOf } from '../../../support/plan-sketch.ts';
import { RolloutCore } from '../../../../workflows/interpreter/rollout-core.ts';
import type { Digest } from '../../../../contracts/ids.ts';
import type { RolloutInput } from '../../../../contracts/messages.ts';
import type { DatasetRef } from '../../../../contracts/dataset.ts';
import type { MemoryIssuer } from './bench.ts';

async function revoked(own: MemoryIssuer, count: number): Promise<ReturnType<typeof bench> & { dataset: DatasetRef }> {
  const house = bench({ own });
  const dataset = await house.ledger.dataset(credentialRows(count));
  const call = pageCall('credentials.revoke', dataset);
  await openPermit(house.ledger, call);
  const options = { ...house, attempt: attempt() };
  await actAtIssuers(call, options, (issuer) => issuer.revoke, failedWithout(house.issuers));
  later(house.ledger.effects, 1);
  return { ...house, dataset };
}

describe('verifyPage', () => {
  it('verifies what is dead and destroys its raw value', async () => {
    const { dataset, ...house } = await revoked(memoryIssuer(), 3);
    const result = await verifyPage(pageCall('credentials.verify', dataset), { ...house, attempt: attempt() });
    assert.deepEqual(result, { counts: { verified: 3 }, left: 0 });
    assert.equal(house.ledger.destroyed.size, 3);
  });

  it('refutes what still lives once its issuer has had its time, not before', async () => {
    const own = memoryIssuer({}, 10_000);
    const { dataset, ...house } = await revoked(own, 2);
    own.dead.delete('subject-00001');
    const call = pageCall('credentials.verify', dataset);
    const early = await verifyPage(call, { ...house, attempt: attempt() });
    assert.deepEqual([early.counts, early.left], [{ verified: 1, accepted: 1 }, 1]);
    assert.deepEqual(early.reasons, { CREDENTIALS_STILL_ALIVE: 1 });
    later(house.ledger.effects, 10_000);
    const late = await verifyPage(call, { ...house, attempt: attempt() });
    assert.deepEqual([late.counts, late.left], [{ verified: 1, refuted: 1 }, 0]);
    assert.ok(!house.ledger.destroyed.has('subject-00001'));
  });

  it('verifies a refuted one that a later look finds dead', async () => {
    const own = memoryIssuer();
    const { dataset, ...house } = await revoked(own, 1);
    own.dead.clear();
    const call = pageCall('credentials.verify', dataset);
    assert.deepEqual((await verifyPage(call, { ...house, attempt: attempt() })).counts, { refuted: 1 });
    own.dead.add('subject-00000');
    assert.deepEqual((await verifyPage(call, { ...house, attempt: attempt() })).counts, { verified: 1 });
  });

  it('leaves what nobody can tell about', async () => {
    const own = memoryIssuer();
    const { dataset, ...house } = await revoked(own, 2);
    own.hidden.add('subject-00000');
    const result = await verifyPage(pageCall('credentials.verify', dataset), { ...house, attempt: attempt() });
    assert.deepEqual([result.counts, result.left], [{ accepted: 1, verified: 1 }, 1]);
    assert.deepEqual(result.reasons, { CREDENTIALS_LOOK_UNCLEAR: 1 });
  });

  it('ends what nobody will ever be able to look at, and names it', async () => {
    const house = bench({ other: memoryIssuer() });
    const dataset = await house.ledger.dataset(credentialRows(2)); // of an issuer that nothing is configured for
    const result = await verifyPage(pageCall('credentials.verify', dataset), { ...house, attempt: attempt() });
    assert.deepEqual([result.counts, result.left], [{ unknown: 2 }, 0]);
    assert.deepEqual(result.reasons, { CONNECTOR_ISSUER_UNKNOWN: 2 });
  });

  it('says of a credential that nothing acted on what it sees', async () => {
    const own = memoryIssuer();
    const house = bench({ own });
    own.dead.add('subject-00000');
    const dataset = await house.ledger.dataset(credentialRows(2));
    const result = await verifyPage(pageCall('credentials.verify', dataset), { ...house, attempt: attempt() });
    assert.deepEqual([result.counts, result.left], [{ verified: 1, refuted: 1 }, 0]);
    assert.equal((await house.ledger.effects.receipts(testIncident, 'credentials.revoke', 'subject-00000')).length, 1);
  });

  it('judges by the look where no act came to an end: what lives is refuted, what is dead verified, whatever the rest', async () => {
    const own = memoryIssuer();
    const house = bench({ own });
    const dataset = await house.ledger.dataset(credentialRows(8));
    const { effects } = house.ledger;
    const kind = {
      incident: testIncident,
      action: 'credentials.revoke',
      class: 'idempotent',
      longestRequestMs: 0,
    } as const;
    const lease = { id: 'contain:0', epoch: 1, permit: 'contain' };
    await effects.setPermit(lease.permit, testIncident, 'open');
    await effects.takeLease(lease);
    const subjects = credentialRows(8).map(({ subject }) => subject);
    const targets = subjects.map((subject) => ({ subject, paramsHash: 'ab'.repeat(32) as Digest }));
    const { mine } = await effects.claim(lease, kind, targets);
    const ends = ['claimed', 'claimed', 'planned', 'planned', 'failed', 'failed', 'claimed', 'failed'] as const;
    const ended = mine.flatMap((claim, index) => {
      const state = ends[index]!;
      return state === 'claimed' ? [] : [{ ...claim, state, receipt: {}, code: 'CONNECTOR_REFUSED' as const }];
    });
    await effects.settle(lease, kind, ended);
    for (const index of [0, 2, 4]) own.dead.add(subjects[index]!);
    for (const index of [6, 7]) own.hidden.add(subjects[index]!);
    later(effects, 1);
    const result = await verifyPage(pageCall('credentials.verify', dataset), { ...house, attempt: attempt() });
    assert.deepEqual(result.counts, { verified: 3, refuted: 3, claimed: 1, failed: 1 });
    assert.deepEqual(result.reasons, {
      CREDENTIALS_STILL_ALIVE: 3,
      CREDENTIALS_LOOK_UNCLEAR: 1,
      CONNECTOR_REFUSED: 1,
    });
    assert.equal(result.left, 1);
    assert.deepEqual(
      [...house.ledger.destroyed].sort(),
      [0, 2, 4].map((index) => subjects[index]!),
    );
  });

  it('keeps its step from success over a credential that lives, and names it', async () => {
    const own = memoryIssuer();
    const { dataset, ...house } = await revoked(own, 3);
    own.dead.delete('subject-00001');
    house.ledger.effects.rows.get(`${testIncident} credentials.revoke subject-00001`)!.state = 'claimed'; // by one that died
    const result = await verifyPage(pageCall('credentials.verify', dataset), { ...house, attempt: attempt() });
    const [step] = planOf([{ id: 'prove', uses: 'credentials.verify', forEach: 'x' }]).steps;
    const start = { cursor: 0, page: 0, counts: {}, paused: false, stopped: false, canaryPassed: false, sweep: [] };
    const call = { ...pageCall('credentials.verify', dataset), dataset: undefined };
    const input = { ...start, call, dataset, step: step!, parentWorkflowId: 'incident/x' } as unknown as RolloutInput;
    const rollout = new RolloutCore(input, 0);
    rollout.take(rollout.next(0)[0]!, result, 1);
    const { state, openItems } = rollout.result as { state: string; openItems: readonly string[] };
    assert.deepEqual([state, openItems], ['partial', ['1 are still alive']]);
  });

  it('destroys again what an attempt verified that died before it could', async () => {
    const { dataset, ...house } = await revoked(memoryIssuer(), 2);
    const call = pageCall('credentials.verify', dataset);
    await verifyPage(call, { ...house, attempt: attempt() });
    house.ledger.destroyed.clear();
    await verifyPage(call, { ...house, attempt: attempt() });
    assert.equal(house.ledger.destroyed.size, 2);
  });

  it('keeps a drill a drill: what was withheld stays withheld', async () => {
    const own = memoryIssuer();
    const house = bench({ own });
    const dataset = await house.ledger.dataset(credentialRows(1));
    const call = pageCall('credentials.revoke', dataset, { mode: 'drill' });
    await openPermit(house.ledger, call);
    await actAtIssuers(call, { ...house, attempt: attempt() }, (issuer) => issuer.revoke, failedWithout(house.issuers));
    const look = pageCall('credentials.verify', dataset, { mode: 'drill' });
    const result = await verifyPage(look, { ...house, attempt: attempt() });
    assert.deepEqual([result.counts, result.left], [{ withheld: 1 }, 0]);
    assert.equal(house.ledger.destroyed.size, 0);
  });
});
