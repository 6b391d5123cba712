import assert from 'node:assert/strict';
import { byCommander, planOf } from '../../../support/plan-sketch.ts';
import { DrivenCore, targetsOf } from '../../../support/driven-core.ts';
import type { JsonObject } from '../../../../contracts/json.ts';

const CASEY = { by: 'casey', role: 'commander' } as const;
const NOOR = { by: 'noor', role: 'commander' } as const;
const ticket = { uses: 'tickets.open', with: { queue: 'forensics', template: 'engagement' } } as const;

/** A gated rollout, and a ticket whose failure somebody must decide on; the requester is a commander. */
function asked(requester = 'casey'): DrivenCore {
  const core = new DrivenCore(
    planOf([
      { id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets', approval: byCommander() },
      { id: 'ticket', ...ticket },
    ]),
    { inputs: targetsOf(5), requester },
  );
  core.open('contain');
  core.fail('ticket');
  return core;
}

describe('who asked for the incident', () => {
  it('decides on no failed step, in whatever words', () => {
    for (const answer of ['retry', 'skip', 'mark-done', 'stop'] as const) {
      assert.equal(asked().say('resolveStep', { step: 'ticket', answer, ...CASEY }), 'GATE_REQUESTER');
      assert.equal(asked().say('resolveStep', { step: 'ticket', answer, ...NOOR }), undefined);
    }
  });

  it('skips no step that somebody must approve', () => {
    const core = asked();
    assert.equal(core.say('amend', { skip: 'contain', reason: 'why not', ...CASEY }), 'GATE_REQUESTER');
    assert.equal(core.say('amend', { skip: 'contain', reason: 'not needed', ...NOOR }), undefined);
  });

  it('goes on after no stop, steers no rollout, and takes nothing back; another commander does', () => {
    const core = asked();
    const gate = core.gate('contain');
    core.approve(gate, 'noor', 'commander');
    const steer = { step: 'contain', order: 'rate', reason: 'faster', window: 8 } as const;
    assert.equal(core.say('rollout', { ...steer, ...CASEY }), 'GATE_REQUESTER');
    assert.equal(core.say('rollout', { ...steer, ...NOOR }), undefined);
    assert.equal(core.say('rollout', { step: 'contain', order: 'pause', reason: 'look', ...CASEY }), undefined);
    assert.equal(core.say('stop', { reason: 'wait', ...CASEY }), undefined);
    assert.equal(core.say('resume', { reason: 'enough', ...CASEY }), 'GATE_REQUESTER');
    assert.equal(core.say('resume', { reason: 'enough', ...NOOR }), undefined);
  });

  it('takes back nothing that was done', () => {
    const undo = { uses: 'tickets.close', with: { ticket: 'T-1' } };
    const core = new DrivenCore(planOf([{ id: 'ticket', ...ticket, undo }]), { requester: 'casey' });
    core.end('ticket', { id: 'T-1' });
    assert.equal(core.say('amend', { undo: ['ticket'], reason: 'wrong', ...CASEY }), 'GATE_REQUESTER');
    assert.equal(core.say('amend', { undo: ['ticket'], reason: 'wrong', ...NOOR }), undefined);
  });

  it('approves nothing by a signature given beforehand', () => {
    const preauthorised = { max: 9, kinds: ['write'], until: '2030-01-01', signedBy: 'casey' };
    for (const [requester, state] of [
      ['casey', 'open'],
      ['dana', 'approved'],
    ] as const) {
      const core = new DrivenCore(
        planOf([
          { id: 'c', uses: 'credentials.revoke', forEach: 'inputs.targets', approval: byCommander(), preauthorised },
        ]),
        { inputs: targetsOf(5), requester },
      );
      assert.equal(core.open('c', 5).state, state);
    }
  });
});

describe('the outputs of a step that was done by hand', () => {
  const markDone = (values: JsonObject): string | undefined =>
    asked('dana').say('resolveStep', { step: 'ticket', answer: 'mark-done', values, ...CASEY });

  it('are ones that the action declares, and small', () => {
    assert.equal(markDone({ id: '9' }), undefined);
    assert.equal(markDone({ token: 'x' }), 'STEP_OUTPUTS_INVALID');
    assert.equal(markDone({ id: 'x'.repeat(5_000) }), 'STEP_OUTPUTS_INVALID');
  });

  it('are no dataset', () => {
    const core = new DrivenCore(planOf([{ id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } }]));
    core.fail('scope');
    const dataset = targetsOf(5)['targets']!;
    const answer = { step: 'scope', answer: 'mark-done', ...CASEY } as const;
    assert.equal(core.say('resolveStep', { ...answer, values: { dataset } }), 'STEP_OUTPUTS_INVALID');
    assert.equal(core.say('resolveStep', { ...answer, values: { count: 0 } }), undefined);
  });
});

describe('an amendment while the close is under way', () => {
  const plan = planOf(
    [
      { id: 'round', uses: 'playbook.run' },
      { id: 'round/list', uses: 'credentials.list', with: { from: 'secrets-store' } },
      { id: 'close', uses: 'incident.close', needs: ['round'] },
    ],
    {
      scopes: [{ id: 'round', parent: '', playbook: 'child', inputs: {} }],
      amendments: { widen: { of: 'round', approval: byCommander() } },
    },
  );
  const widen = { run: 'widen', inputs: {}, reason: 'more came to light' } as const;

  it('comes too late: the keys are being destroyed', () => {
    const core = new DrivenCore(plan);
    core.end('round/list');
    assert.deepEqual(core.started, ['round/list', 'close']);
    assert.equal(core.say('amend', { ...widen, ...CASEY }), 'AMENDMENT_TOO_LATE');
  });

  it('comes too late at its gate too, and in time again when the close was refused', () => {
    const core = new DrivenCore(plan);
    assert.equal(core.say('amend', { ...widen, by: 'lee', role: 'platform' }), undefined);
    const gate = core.gate('round');
    core.end('round/list');
    assert.equal(core.approve(gate, CASEY.by, CASEY.role), 'AMENDMENT_TOO_LATE');
    core.fail('close', 'INCIDENT_DUTY_OPEN');
    core.advance();
    assert.equal(core.step('close').waitsFor, 'duty');
    assert.equal(core.approve(gate, CASEY.by, CASEY.role), undefined);
    assert.equal(core.step('round').state, 'running');
  });
});

describe('a filing that a person records', () => {
  it('is the one of the plan, whatever else is said', () => {
    const core = new DrivenCore(
      planOf([{ id: 'noticed', uses: 'filings.record', with: { of: 'privacy', filing: 'notice' } }]),
    );
    const values = { state: 'not-filed', filing: 'referral', of: 'lee', by: 'lee', reason: 'no risk' };
    core.say('resolveStep', { step: 'noticed', answer: 'done', by: 'priya', role: 'privacy', values });
    const { at, ...given } = core.all('act').at(-1)!.call.with;
    assert.equal(at, '2026-11-24T10:00:00.000Z');
    assert.deepEqual(given, { of: 'privacy', filing: 'notice', state: 'not-filed', reason: 'no risk', by: 'priya' });
  });
});

describe('a repeat of an update', () => {
  it('is known after any number of facts', () => {
    const core = asked('dana');
    const answer = { id: 'once', step: 'ticket', answer: 'retry', ...CASEY } as const;
    assert.equal(core.say('resolveStep', answer), undefined);
    core.fail('ticket');
    for (let fact = 0; fact < 600; fact += 1) core.addFact('affectedPeople', fact);
    assert.equal(core.say('resolveStep', { ...answer, step: 'ticket' }) ?? core.step('ticket').visit, 2);
  });
});

describe('a gate that halted everything when its time was over', () => {
  it('halts no longer once its step is skipped', () => {
    const core = new DrivenCore(
      planOf([
        {
          ...{ id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets' },
          approval: byCommander({ onExpiry: 'halt' }),
        },
        { id: 'ticket', ...ticket, needs: ['contain'] },
      ]),
      { inputs: targetsOf(5) },
    );
    core.open('contain');
    core.sleep(16 * 60_000);
    assert.equal(core.say('amend', { skip: 'contain', reason: 'no need', ...CASEY }), undefined);
    assert.deepEqual(core.started, ['ticket']);
  });
});
