import assert from 'node:assert/strict';
import { byCommander } from '../../support/plan-sketch.ts';
import { freshSigner, signedBy, statementOf } from '../../support/decision-proofs.ts';
import { incidentWorkflowId, childWorkflowId } from '../../../contracts/ids.ts';
import { LedgerHouse, rollingOut, targetRows, type LedgerIncident } from './ledger-house.ts';
import { scriptedConnector } from '../../support/scripted-connector.ts';
import type { GateStatus, IncidentStatus } from '../../../contracts/messages.ts';

const STRANGER = freshSigner();
const TARGETS = 40;

function messageOn({ id: gate, digest }: GateStatus) {
  return { gate, digest, answer: 'approve', by: 'casey', role: 'commander' } as const;
}

/** What somebody sends who can reach Temporal and signs with a key of their own. */
function forgedOn(gate: GateStatus, { incident, planHash }: IncidentStatus) {
  const message = messageOn(gate);
  return { ...message, proof: signedBy(STRANGER, statementOf({ incident, planHash }, message)) };
}

describe('decisions that come past the doors, on real parts', function () {
  this.timeout(180_000);
  let house: LedgerHouse;

  before(async () => {
    house = await LedgerHouse.open();
  });

  after(() => house.close());

  async function claimed({ id }: LedgerIncident): Promise<number> {
    const { rows } = await house.test.raw.query<{ count: string }>(
      'select count(*) from effects e join incidents i on i.number = e.incident where i.id = $1',
      [id],
    );
    return Number(rows[0]!.count);
  }

  const permitOf = ({ id }: LedgerIncident, visit: number) =>
    house.test.ledger.effects.readPermit(`${id}/contain#${visit}`);

  it('start nothing: unsigned ones are refused at once, forged ones when they would open the permit', async () => {
    const connector = scriptedConnector('idempotent');
    const plan = rollingOut([{ approval: byCommander() }]);
    const incident = await house.start(plan, targetRows(TARGETS), connector);
    const { run, finish } = incident;
    const gate = await run.gate('contain');
    const raw = { args: [{ ...messageOn(gate), id: 'raw-1' }] as [object], updateId: 'raw-1' };
    const handle = house.client.workflow.getHandle(incidentWorkflowId(incident.id));
    assert.equal(await run.refused(handle.executeUpdate('decide', raw)), 'GATE_PROOF_MISSING');
    const stretched = { ...forgedOn(gate, await run.status()), by: 'noor' };
    assert.equal(await run.refused(run.send('decide', stretched)), 'GATE_PROOF_INVALID');
    await run.send('decide', forgedOn(gate, await run.status()));
    const again = await run.until('a gate that asks again', ({ gates }) =>
      gates.some(({ step, state, id }) => step === 'contain' && state === 'open' && id !== gate.id),
    );
    assert.equal(again.steps.find(({ id }) => id === 'contain')?.visit, 2);
    const [voided] = run.outside.records('gate.voided');
    assert.match(JSON.stringify(voided?.body['because']), /its decisions do not hold: .*signed by no door/);
    assert.deepEqual([(await permitOf(incident, 1))?.state, (await permitOf(incident, 2))?.state], ['stopped', 'held']);
    assert.deepEqual([await claimed(incident), connector.calls.length], [0, 0]);
    await run.approve(await run.gate('contain'), 'casey', 'commander');
    await run.step('contain', 'succeeded');
    assert.deepEqual(
      [await claimed(incident), (await permitOf(incident, 2))?.proven],
      [TARGETS, (await run.status()).gates.findLast(({ step }) => step === 'contain')?.digest],
    );
    const proof = run.outside.records('decision').at(-1)?.body['proof'] as
      { statement: { person: string } } | undefined;
    assert.equal(proof?.statement.person, 'casey');
    await finish();
    await run.replay();
  });

  it('let no rollout go on that holds after its canary, by update or by signal', async () => {
    const connector = scriptedConnector('idempotent');
    const rollout = { first: [], canary: 5, holdUntil: 'approved', page: 10, window: 4 } as const;
    const incident = await house.start(
      rollingOut([{ approval: byCommander(), rollout }]),
      targetRows(TARGETS),
      connector,
    );
    const { run, finish, id } = incident;
    await run.approve(await run.gate('contain'), 'casey', 'commander');
    const gate = await run.gate('contain', 'canary');
    await run.until('a held permit', () => run.outside.permits.get(`${id}/contain#1`)?.state === 'held');
    await run.send('decide', forgedOn(gate, await run.status()));
    await run.until('a question that asks again', ({ gates }) =>
      gates.some(({ kind, state, id: other }) => kind === 'canary' && state === 'open' && other !== gate.id),
    );
    const child = house.client.workflow.getHandle(childWorkflowId(id, 'contain', 1));
    await child.signal('release', { reason: 'canary' });
    await run.send('stop', { step: 'contain', by: 'casey', role: 'commander', reason: 'by the test' });
    await run.send('resume', { step: 'contain', by: 'casey', role: 'commander', reason: 'by the test' });
    await run.until('pages that asked', () => run.outside.of('credentials.revoke').length > 1);
    assert.equal(await claimed(incident), 5);
    await run.approve(await run.gate('contain', 'canary'), 'noor', 'commander');
    await run.step('contain', 'succeeded');
    assert.equal(await claimed(incident), TARGETS);
    await finish();
    await run.replay();
  });

  it('let nothing through beyond what was signed for beforehand', async () => {
    const connector = scriptedConnector('idempotent');
    const preauthorised = { max: 10, kinds: ['user'], until: '2999-01-01', signedBy: 'omar' };
    const rollout = { first: [], canary: 0, page: 5, window: 2 };
    const retry = { max: 0, firstMs: 50, factor: 1, capMs: 1_000 }; // pages never give up, as in the catalogue
    const plan = rollingOut([{ approval: byCommander(), preauthorised, rollout, retry }]);
    const incident = await house.start(plan, targetRows(TARGETS), connector);
    const { run, finish, id } = incident;
    const gate = await run.gate('contain');
    await run.until('the part that was signed for', () => connector.calls.flat().length === 10);
    await run.send('decide', forgedOn(gate, await run.status()));
    const again = await run.until('a gate that asks again', ({ gates }) =>
      gates.some(({ state, id: other }) => state === 'open' && other !== gate.id),
    );
    assert.equal(again.gates.find(({ state }) => state === 'open')?.digest, gate.digest);
    await house.client.workflow.getHandle(childWorkflowId(id, 'contain', 1)).signal('release', { reason: 'gate' });
    await run.until('pages that asked', () => run.outside.of('credentials.revoke').some(({ call }) => call.to > 10));
    assert.equal(await claimed(incident), 10);
    await run.approve(await run.gate('contain'), 'casey', 'commander');
    await run.step('contain', 'succeeded');
    assert.equal(await claimed(incident), TARGETS);
    await finish();
    await run.replay();
  });

  it('count two people who approve at once, each once', async () => {
    const connector = scriptedConnector('idempotent');
    const incident = await house.start(
      rollingOut([{ approval: byCommander({ quorum: 2 }) }]),
      targetRows(TARGETS),
      connector,
    );
    const { run, finish } = incident;
    const gate = await run.gate('contain');
    const repeats = [1, 2].flatMap(() => [
      run.approve(gate, 'casey', 'commander', { id: 'by-casey' }),
      run.approve(gate, 'noor', 'commander', { id: 'by-noor' }),
    ]);
    await Promise.all(repeats);
    await run.step('contain', 'succeeded');
    const answered = (await run.status()).gates.find(({ id }) => id === gate.id);
    assert.deepEqual(answered?.answers.map(({ by }) => by).sort(), ['casey', 'noor']);
    assert.equal(await claimed(incident), TARGETS);
    await finish();
  });
});
