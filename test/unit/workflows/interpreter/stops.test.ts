import assert from 'node:assert/strict';
import { byCommander, planOf } from '../../../support/plan-sketch.ts';
import { DrivenCore, targetsOf } from '../../../support/driven-core.ts';
import type { PlanStep } from '../../../../contracts/plan.ts';

const CASEY = { by: 'casey', role: 'commander', reason: 'a look first' } as const;

/** A rollout at work behind an approved gate. */
function rolling(more: Partial<Omit<PlanStep, 'id' | 'uses' | 'needs'>> = {}): DrivenCore {
  const core = new DrivenCore(
    planOf([
      { id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets', approval: byCommander(), ...more },
      { id: 'after', uses: 'chat.post', needs: ['contain'], with: { text: 'contained' } },
    ]),
    { inputs: targetsOf(9) },
  );
  core.approve(core.open('contain'), 'casey', 'commander');
  return core;
}

describe('stop and resume', () => {
  it('flip the permit under the gate that was answered, then tell the rollout', () => {
    const core = rolling();
    core.say('stop', { step: 'contain', ...CASEY });
    core.say('resume', { step: 'contain', ...CASEY });
    const { digest } = core.gate('contain');
    assert.deepEqual(
      core.all('setPermit').map(({ permit, tell }) => [permit.state, permit.gate, tell]),
      [
        ['stopped', digest, 'stop'],
        ['open', digest, 'resume'],
      ],
    );
  });

  it('let nothing new start, whole or by step, and show it', () => {
    const core = rolling();
    core.say('stop', CASEY);
    core.end('contain', { targets: 9, left: 0, counts: { accepted: 9 } });
    assert.deepEqual([core.status.stopped, core.step('after').waitsFor], [true, 'hold']);
    core.say('resume', CASEY);
    assert.deepEqual(core.started, ['after']);
  });

  it('are for those who hold a role; going on is for deciders', () => {
    const core = rolling();
    assert.equal(core.say('stop', { ...CASEY, by: 'mallory' }), 'ASK_ROLE');
    assert.equal(core.say('stop', { ...CASEY, by: 'lee', role: 'platform' }), undefined);
    assert.equal(core.say('resume', { ...CASEY, by: 'lee', role: 'platform' }), 'ASK_ROLE');
    assert.equal(core.say('stop', { ...CASEY, step: 'nowhere' }), 'STEP_UNKNOWN');
  });

  it('keep a step that was stopped alone stopped when the incident goes on', () => {
    const core = rolling();
    core.say('stop', { step: 'contain', ...CASEY });
    core.say('stop', CASEY);
    core.say('resume', CASEY);
    assert.equal(core.all('setPermit').filter(({ permit }) => permit.state === 'open').length, 0);
  });

  it('let a decider give up a step that was stopped: it ends with what it has done', () => {
    const core = rolling();
    const giveUp = { step: 'contain', answer: 'skip', by: 'casey', role: 'commander' } as const;
    assert.equal(core.say('resolveStep', giveUp), 'STEP_NOT_WAITING');
    core.say('stop', { step: 'contain', ...CASEY });
    assert.equal(core.say('resolveStep', giveUp), undefined);
    assert.equal(core.all('setPermit').at(-1)?.tell, 'finish');
  });
});

describe('a hold of a rollout', () => {
  const hold = {
    kind: 'childHolds',
    step: 'contain',
    visit: 1,
    counts: { accepted: 3 },
    left: 6,
    note: 'by the test',
  } as const;

  it('asks those who approved the step, once, and goes on when they say so', () => {
    const core = rolling();
    core.tell({ ...hold, reason: 'canary' });
    core.tell({ ...hold, reason: 'canary' });
    const gate = core.gate('contain');
    assert.deepEqual([gate.kind, gate.shows.targets, core.status.gates.length], ['canary', 6, 2]);
    assert.equal(core.step('contain').waitsFor, 'hold');
    core.approve(gate, 'noor', 'commander');
    assert.deepEqual(
      core.all('release').map(({ reason, limit }) => [reason, limit]),
      [['canary', undefined]],
    );
  });

  it('ends the rollout with what it has done when they say no', () => {
    const core = rolling();
    core.tell({ ...hold, reason: 'canary' });
    const { id, digest } = core.gate('contain');
    core.say('decide', { gate: id, digest, answer: 'reject', by: 'noor', role: 'commander' });
    assert.equal(core.all('setPermit').at(-1)?.tell, 'finish');
  });

  it('at a limit raises it by what was left', () => {
    const plan = rolling().interpreter.core.plan;
    const core = new DrivenCore({ ...plan, limits: { 'credentials.revoke': { max: 3 } } }, { inputs: targetsOf(9) });
    core.approve(core.open('contain'), 'casey', 'commander');
    assert.equal(core.all('rollOut')[0]?.limit, 3);
    core.tell({ ...hold, reason: 'limit' });
    core.approve(core.gate('contain'), 'casey', 'commander');
    assert.equal(core.all('release')[0]?.limit, 9);
  });

  it('at the limit of another action that its acts count against raises that one', () => {
    const { plan } = rolling().interpreter.core;
    const limits = { 'credentials.revoke': { max: 3 }, 'credentials.disable': { max: 5 } };
    const core = new DrivenCore({ ...plan, limits }, { inputs: targetsOf(9) });
    core.approve(core.open('contain'), 'casey', 'commander');
    core.tell({ ...hold, reason: 'limit', limitedBy: 'credentials.disable' });
    core.approve(core.gate('contain'), 'casey', 'commander');
    core.tell({ ...hold, reason: 'limit' });
    core.approve(core.gate('contain'), 'casey', 'commander');
    assert.deepEqual(
      core.all('release').map(({ uses, limit }) => [uses, limit]),
      [
        ['credentials.disable', 11],
        ['credentials.revoke', 9],
      ],
    );
  });
});

describe('a cancel', () => {
  it('ends everything: rollouts finish, gates and asks go, the state says so', () => {
    const core = rolling();
    core.commands.push(...core.interpreter.cancel(core.nowMs));
    assert.equal(core.all('setPermit').at(-1)?.tell, 'finish');
    assert.deepEqual([core.status.state, core.step('after').state], ['stopped', 'cancelled']);
    assert.equal(core.interpreter.isFinished, true);
  });
});

describe('undo', () => {
  const undo = { uses: 'tickets.close', with: { ticket: { $cel: 'steps.a.id' } } };
  const ticket = { uses: 'tickets.open', with: { queue: 'forensics', template: 'engagement' } } as const;
  const amend = (core: DrivenCore, ids: readonly string[]): string | undefined =>
    core.say('amend', { undo: ids, by: 'casey', role: 'commander', reason: 'a false alarm' });

  it('runs one after the other, the last ended first; a failed one is shown and the next one follows', () => {
    const core = new DrivenCore(
      planOf([
        { id: 'a', ...ticket, undo },
        { id: 'b', ...ticket, undo },
      ]),
    );
    core.end('b', { id: '2' });
    core.advance(1_000);
    core.end('a', { id: '1' });
    assert.equal(amend(core, ['b', 'a']), undefined);
    const undoing = (): readonly string[] =>
      core
        .all('act')
        .filter(({ isUndo }) => isUndo)
        .map(({ call }) => call.step);
    assert.deepEqual(undoing(), ['a']);
    core.tell({ kind: 'undone', step: 'a', error: { code: 'TICKET_ID_INVALID', message: 'no such ticket' } });
    assert.deepEqual(undoing(), ['a', 'b']);
    core.tell({ kind: 'undone', step: 'b' });
    assert.ok(core.status.openItems.some(({ step }) => step === 'a'));
    assert.equal(amend(core, ['b']), 'UNDO_REFUSED', 'what is undone is undone');
    assert.equal(amend(core, ['a']), undefined, 'what failed may be tried again');
  });

  it('is refused while the incident is stopped', () => {
    const core = new DrivenCore(planOf([{ id: 'a', ...ticket, undo }]));
    core.end('a', { id: '1' });
    core.say('stop', { reason: 'look first', by: 'casey', role: 'commander' });
    assert.equal(amend(core, ['a']), 'UNDO_REFUSED');
    core.say('resume', { reason: 'seen', by: 'casey', role: 'commander' });
    assert.equal(amend(core, ['a']), undefined);
  });

  it('is refused for steps that have none, or have not acted', () => {
    const core = new DrivenCore(
      planOf([
        { id: 'a', ...ticket, undo },
        { id: 'b', ...ticket },
      ]),
    );
    core.end('b', { id: '2' });
    for (const ids of [['a'], ['b'], ['nowhere'], []]) assert.equal(amend(core, ids), 'UNDO_REFUSED');
  });
});

describe('a preview', () => {
  it('runs what reads, forecasts what acts, passes over people, and binds nobody', () => {
    const core = new DrivenCore(
      planOf([
        { id: 'list', uses: 'credentials.list', with: { from: 'secrets-store' } },
        {
          id: 'contain',
          uses: 'credentials.revoke',
          needs: ['list'],
          forEach: 'inputs.targets',
          approval: byCommander(),
        },
        { id: 'ticket', uses: 'tickets.open', needs: ['list'] },
        {
          id: 'after',
          uses: 'tickets.close',
          needs: ['ticket'],
          reads: ['ticket'],
          with: { ticket: { $cel: 'steps.ticket.id' } },
        },
        { id: 'shut', uses: 'manual', with: { of: 'platform', text: 'entry-closed' } },
        { id: 'close', uses: 'incident.close', needs: ['contain', 'after'] },
      ]),
      { mode: 'preview', inputs: targetsOf(9) },
    );
    assert.deepEqual(core.started, ['list']);
    core.end('list');
    core.open('contain');
    core.open('ticket');
    assert.deepEqual(
      core.status.steps.map(({ id, state }) => [id, state]),
      [
        ['list', 'succeeded'],
        ['contain', 'succeeded'],
        ['ticket', 'succeeded'],
        ['after', 'skipped'],
        ['shut', 'skipped'],
        ['close', 'succeeded'],
      ],
    );
    assert.deepEqual(core.started, ['list']);
    assert.deepEqual(
      core.status.gates.map(({ state, shows }) => [state, shows.targets]),
      [
        ['voided', 9],
        ['voided', 1],
      ],
    );
    assert.equal(core.all('page').length, 0);
    assert.equal(core.interpreter.isFinished, true);
  });
});
