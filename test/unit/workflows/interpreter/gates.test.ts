import assert from 'node:assert/strict';
import { byCommander, planOf } from '../../../support/plan-sketch.ts';
import { DrivenCore, targetsOf } from '../../../support/driven-core.ts';
import type { Approval, Plan, PlanStep } from '../../../../contracts/plan.ts';

const MINUTE = 60_000;

/** A rollout over the inputs' targets that waits for a listing, behind a gate. */
function gated(approval: Partial<Approval> = {}, more: Partial<PlanStep> = {}): Plan {
  return planOf([
    { id: 'list', uses: 'credentials.list', with: { from: 'secrets-store' } },
    {
      ...{ id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets', approval: byCommander(approval) },
      ...more,
      needs: [{ step: 'list' }],
    },
  ]);
}

function open(approval: Partial<Approval> = {}, more: Partial<PlanStep> = {}): DrivenCore {
  const core = new DrivenCore(gated(approval, more), { inputs: targetsOf(9) });
  core.open('contain');
  return core;
}

describe('a gate', () => {
  it('opens as soon as what it shows is known, before the needs of its step have ended', () => {
    const core = new DrivenCore(gated(), { inputs: targetsOf(9) });
    assert.equal(core.all('openGate').length, 1);
    assert.equal(core.status.gates.length, 0, 'it is not shown before its digest is known');
    assert.equal(core.open('contain').shows.targets, 9);
    assert.equal(core.step('list').state, 'running');
  });

  it('lets its step act only when it is approved and the needs have ended', () => {
    const core = open();
    core.approve(core.gate('contain'), 'casey', 'commander');
    assert.equal(core.all('rollOut').length, 0);
    assert.equal(core.step('contain').waitsFor, 'needs');
    core.end('list');
    const [rollout] = core.all('rollOut');
    assert.equal(rollout?.call.gate, core.gate('contain').digest);
  });

  it('does not open for a step that is not wanted, nor for a dataset of nothing', () => {
    const unwanted = new DrivenCore(gated({}, { when: 'false' }), { inputs: targetsOf(9) });
    assert.equal(unwanted.step('contain').state, 'skipped');
    const empty = new DrivenCore(gated(), { inputs: targetsOf(0) });
    empty.end('list');
    assert.equal(empty.step('contain').state, 'succeeded');
    assert.equal(unwanted.all('openGate').length + empty.all('openGate').length, 0);
  });

  it('waits for a fact that its step reads until the needs have ended', () => {
    const plan = gated({}, { with: { of: { $cel: 'facts.affectedPeople' } }, readsFacts: ['affectedPeople'] });
    const core = new DrivenCore(plan, { inputs: targetsOf(9) });
    assert.equal(core.step('contain').state, 'pending');
    core.addFact('affectedPeople', 4);
    assert.deepEqual(core.all('openGate')[0]?.with, { of: 4 });
  });

  it('takes `quorum` distinct people of any role', () => {
    const core = open({ quorum: 2, roles: ['commander', 'privacy'] });
    assert.equal(core.approve(core.gate('contain'), 'casey', 'commander'), undefined);
    assert.equal(core.gate('contain').state, 'open');
    assert.equal(core.approve(core.gate('contain'), 'casey', 'commander'), 'GATE_ALREADY_ANSWERED');
    assert.equal(core.approve(core.gate('contain'), 'noor', 'commander'), undefined);
    assert.equal(core.gate('contain').state, 'approved');
  });

  it('takes one distinct person for each role of `all`, whatever the number of answers', () => {
    const core = open({ rule: 'all', roles: ['commander', 'privacy'], quorum: 1 });
    core.approve(core.gate('contain'), 'casey', 'commander');
    core.approve(core.gate('contain'), 'noor', 'commander');
    assert.equal(core.gate('contain').state, 'open');
    core.approve(core.gate('contain'), 'priya', 'privacy');
    assert.equal(core.gate('contain').state, 'approved');
  });

  it('refuses whoever asked for the incident, strangers, other roles and other digests', () => {
    const core = new DrivenCore(gated(), { inputs: targetsOf(9), requester: 'noor' });
    const gate = core.open('contain');
    assert.equal(core.approve(gate, 'noor', 'commander'), 'GATE_REQUESTER');
    assert.equal(core.approve(gate, 'mallory', 'commander'), 'GATE_ROLE');
    assert.equal(core.approve(gate, 'lee', 'platform'), 'GATE_ROLE');
    assert.equal(core.approve(gate, 'ada', 'admin'), 'GATE_ROLE');
    assert.equal(
      core.approve({ ...gate, digest: core.gate('contain').digest.replace(/./, 'z') as never }, 'casey', 'commander'),
      'GATE_STALE',
    );
    assert.equal(core.approve({ ...gate, id: 'contain#9:approval' }, 'casey', 'commander'), 'GATE_UNKNOWN');
  });

  it('leaves the step to a person when it is rejected', () => {
    const core = open();
    const { id, digest } = core.gate('contain');
    core.say('decide', { gate: id, digest, answer: 'reject', by: 'casey', role: 'commander' });
    assert.equal(core.step('contain').error?.code, 'GATE_REJECTED');
    assert.equal(core.gate('contain').kind, 'failure');
    assert.equal(
      core.say('decide', { gate: id, digest, answer: 'approve', by: 'noor', role: 'commander' }),
      'GATE_CLOSED',
    );
  });

  it('voids when a fact that it covers changes before the act, and asks again with the value of now', () => {
    const core = open({}, { readsFacts: ['affectedPeople'] });
    const first = core.gate('contain');
    core.approve(first, 'casey', 'commander');
    core.addFact('affectedPeople', 4);
    assert.equal(core.status.gates[0]?.state, 'voided');
    const second = core.open('contain');
    assert.notEqual(second.id, first.id);
    assert.notEqual(second.digest, first.digest);
    assert.equal(core.approve(first, 'noor', 'commander'), 'GATE_STALE');
  });

  it('stays as it is when other facts change, or once its step acts', () => {
    const core = open({}, { readsFacts: ['affectedPeople'] });
    core.addFact('riskToPeople', 'high');
    core.approve(core.gate('contain'), 'casey', 'commander');
    core.end('list');
    core.addFact('affectedPeople', 4);
    assert.equal(core.gate('contain').state, 'approved');
    assert.equal(core.all('openGate').length, 1);
  });

  it('asks again as the next visit when the claim finds it stale', () => {
    const core = open();
    core.approve(core.gate('contain'), 'casey', 'commander');
    core.end('list');
    core.fail('contain', 'GATE_STALE');
    assert.equal(core.step('contain').visit, 2);
    assert.equal(core.status.gates[0]?.state, 'voided');
    core.approve(core.open('contain'), 'casey', 'commander');
    assert.equal(core.all('rollOut')[1]?.call.visit, 2);
  });

  it('fails its step when it cannot be opened', () => {
    const core = new DrivenCore(gated(), { inputs: targetsOf(9) });
    const { gate } = core.all('openGate')[0]!;
    core.tell({ kind: 'gateFailed', gate, error: { code: 'NOTICE_CLAIM_UNPROVEN', message: 'by the test' } });
    assert.equal(core.step('contain').error?.code, 'NOTICE_CLAIM_UNPROVEN');
  });
});

describe('silence at a gate', () => {
  /** People woken about the gate, one list a page. */
  function woken(core: DrivenCore): readonly (readonly string[])[] {
    return core.all('page').map(({ people }) => people);
  }

  it('asks the first of each role, then deputies, then admins, then everyone every `within`', () => {
    const core = open({ withinMs: 15 * MINUTE });
    core.sleep(61 * MINUTE);
    assert.deepEqual(woken(core), [['casey'], ['noor'], ['ada'], ['casey', 'noor', 'ada'], ['casey', 'noor', 'ada']]);
    assert.equal(core.gate('contain').state, 'open');
    assert.equal(core.records('escalation').length, 4);
  });

  it('still takes the answer of those who were asked first', () => {
    const core = open({ withinMs: 15 * MINUTE });
    core.sleep(50 * MINUTE);
    assert.equal(core.approve(core.gate('contain'), 'casey', 'commander'), undefined);
    assert.equal(core.gate('contain').state, 'approved');
  });

  it('lets nothing new start where it halts, until it is answered', () => {
    const plan = gated({ withinMs: MINUTE, onExpiry: 'halt' });
    const core = new DrivenCore(
      { ...plan, steps: [...plan.steps, ...planOf([{ id: 'post', uses: 'chat.post', needs: ['list'] }]).steps] },
      { inputs: targetsOf(9) },
    );
    core.open('contain');
    core.sleep(2 * MINUTE);
    assert.equal(core.status.stopped, true);
    core.end('list');
    assert.deepEqual(core.started, ['list']);
    core.approve(core.gate('contain'), 'casey', 'commander');
    assert.equal(core.status.stopped, false);
    assert.deepEqual(core.started, ['list', 'post']);
  });
});

describe('break-glass', () => {
  it('is for admins, lets through alone, tells everybody and leaves a review open', () => {
    const core = open({ rule: 'all', roles: ['commander', 'privacy'] });
    const gate = core.gate('contain');
    assert.equal(core.approve(gate, 'casey', 'commander', { breakGlass: true }), 'GATE_ROLE');
    assert.equal(core.approve(gate, 'ada', 'admin', { breakGlass: true }), undefined);
    assert.equal(core.gate('contain').state, 'approved');
    assert.deepEqual(core.all('page').at(-1)?.people, ['casey', 'noor', 'priya', 'lee', 'ada']);
    assert.ok(core.status.openItems.some(({ step, text }) => step === 'contain' && text.includes('review')));
    assert.equal(core.records('decision')[0]?.body['breakGlass'], true);
  });
});

describe('a pre-authorisation', () => {
  const signed = (more: object = {}): Partial<PlanStep> => ({
    preauthorised: { max: 4, kinds: ['user'], until: '2026-12-31', signedBy: 'ciso', ...more },
  });

  /** The gate has opened: so many of the targets are of the kinds signed for. */
  function withKinds(ofKinds: number, more: object = {}): DrivenCore {
    const core = new DrivenCore(gated({}, signed(more)), { inputs: targetsOf(9) });
    core.end('list');
    core.open('contain', ofKinds);
    return core;
  }

  it('lets at most its number of the kinds through at once, as a decision, and asks about the rest', () => {
    const core = withKinds(6);
    assert.equal(core.all('rollOut')[0]?.ceiling, 4);
    assert.equal(core.records('decision')[0]?.actor, 'ciso');
    assert.equal(core.gate('contain').state, 'open');
    core.approve(core.gate('contain'), 'casey', 'commander');
    assert.deepEqual(
      core.all('release').map(({ reason }) => reason),
      ['gate'],
    );
  });

  it('lets fewer through where fewer are of the kinds, and none where none are', () => {
    assert.equal(withKinds(2).all('rollOut')[0]?.ceiling, 2);
    assert.equal(withKinds(0).all('rollOut').length, 0);
  });

  it('needs nobody else where it covers everything', () => {
    const core = withKinds(9, { max: 100 });
    assert.equal(core.gate('contain').state, 'approved');
    assert.deepEqual(
      core.gate('contain').answers.map(({ by }) => by),
      ['ciso'],
    );
    assert.equal(core.all('rollOut')[0]?.ceiling, undefined);
  });

  it('is worth nothing after its date', () => {
    assert.equal(withKinds(6, { until: '2026-11-23' }).all('rollOut').length, 0);
    assert.equal(withKinds(6, { until: '2026-11-24' }).all('rollOut').length, 1);
  });

  it('ends with what was signed for when the rest is rejected', () => {
    const core = withKinds(6);
    const { id, digest } = core.gate('contain');
    core.say('decide', { gate: id, digest, answer: 'reject', by: 'casey', role: 'commander' });
    assert.deepEqual(
      core.all('setPermit').map(({ permit, tell }) => [permit.state, tell]),
      [['stopped', 'finish']],
    );
    core.end('contain', { targets: 9, left: 5, counts: { accepted: 4 } }, { state: 'partial' });
    assert.equal(core.step('contain').state, 'partial');
  });
});
