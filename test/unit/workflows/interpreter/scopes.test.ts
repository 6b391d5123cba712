import assert from 'node:assert/strict';
import { byCommander, planOf, type StepSketch } from '../../../support/plan-sketch.ts';
import { DrivenCore } from '../../../support/driven-core.ts';
import type { Approval } from '../../../../contracts/plan.ts';

const CASEY = { by: 'casey', role: 'commander', reason: 'more was exposed' } as const;

/** A round that lists and posts, with a playbook inside it that lists too. */
function rounds(approval: Partial<Approval> = {}, more: readonly StepSketch[] = []): DrivenCore {
  return new DrivenCore(
    planOf(
      [
        { id: 'round', uses: 'playbook.run' },
        { id: 'round/list', uses: 'credentials.list', with: { from: { $cel: 'inputs.targets' } } },
        { id: 'round/deep', uses: 'playbook.run', needs: ['round/list'] },
        { id: 'round/deep/list', uses: 'credentials.list', with: { from: { $cel: 'inputs.from' } } },
        { id: 'after', uses: 'chat.post', needs: ['round'], with: { text: 'done' } },
        ...more,
      ],
      {
        scopes: [
          { id: 'round', parent: '', playbook: 'contain-and-tell', inputs: { targets: 'store-one' } },
          { id: 'round/deep', parent: 'round', playbook: 'deep', inputs: { from: { $cel: 'steps.list.from' } } },
        ],
        amendments: { widen: { of: 'round', approval: byCommander(approval) } },
      },
    ),
  );
}

describe('playbook.run', () => {
  it('opens its steps with inputs of its own and ends when all of them have ended', () => {
    const core = rounds();
    assert.deepEqual(
      core.all('act').map(({ call }) => [call.step, call.with['from'], call.round]),
      [['round/list', 'store-one', 1]],
    );
    core.end('round/list', { from: 'vault' });
    assert.equal(core.all('act')[1]?.call.with['from'], 'vault');
    assert.equal(core.step('after').state, 'pending');
    core.end('round/deep/list');
    assert.deepEqual(core.step('round').outputs, { rounds: 1 });
    assert.equal(core.step('after').state, 'running');
  });

  it('is partial where a step inside failed or was partial', () => {
    const core = rounds();
    core.end('round/list', { from: 'vault' }, { state: 'partial' });
    core.end('round/deep/list');
    assert.equal(core.step('round').state, 'partial');
  });

  it('does not wait for what goes on after the incident', () => {
    const core = rounds({}, [{ id: 'round/watch', uses: 'chat.post', outlives: 'close', with: { text: 'watched' } }]);
    core.end('round/list', { from: 'vault' });
    core.end('round/deep/list');
    assert.equal(core.step('round/watch').state, 'running');
    assert.equal(core.step('round').state, 'succeeded');
    assert.equal(core.step('after').state, 'running');
  });

  it('stops with everything inside it', () => {
    const core = rounds();
    core.say('stop', { step: 'round', ...CASEY });
    core.end('round/list', { from: 'vault' });
    assert.equal(core.step('round/deep').waitsFor, 'hold');
    core.say('resume', { step: 'round', ...CASEY });
    assert.ok(core.started.includes('round/deep/list'));
  });
});

describe('an amendment', () => {
  it('runs the round again on other inputs, with steps and a round number of its own', () => {
    const core = rounds();
    core.say('amend', { run: 'widen', inputs: { targets: 'store-two' }, ...CASEY });
    core.end('round/2/list', { from: 'vault-two' });
    assert.deepEqual(
      core.all('act').map(({ call }) => [call.step, call.with['from'], call.round]),
      [
        ['round/list', 'store-one', 1],
        ['round/2/list', 'store-two', 2],
        ['round/2/deep/list', 'vault-two', 2],
      ],
    );
  });

  it('keeps what needs the round waiting for all its rounds, also when the first had ended', () => {
    const core = rounds({}, [
      { id: 'later', uses: 'wait.for', needs: [], with: { fact: 'scopeFinal', of: 'commander' } },
    ]);
    core.end('round/list', { from: 'vault' });
    core.say('amend', { run: 'widen', inputs: { targets: 'store-two' }, ...CASEY });
    core.end('round/deep/list');
    assert.equal(core.step('round').state, 'running');
    core.end('round/2/list', { from: 'vault' });
    core.end('round/2/deep/list');
    assert.deepEqual([core.step('round').outputs, core.step('after').state], [{ rounds: 2 }, 'running']);
    core.say('amend', { run: 'widen', inputs: { targets: 'store-three' }, ...CASEY });
    assert.equal(core.step('round').state, 'running');
  });

  it('counts the words of who asks for it as one approval and asks the others at a gate', () => {
    const core = rounds({ rule: 'all', roles: ['commander', 'privacy'] });
    core.say('amend', { run: 'widen', inputs: { targets: 'store-two' }, ...CASEY });
    const gate = core.gate('round');
    assert.deepEqual([gate.kind, gate.state, gate.answers.map(({ by }) => by)], ['amendment', 'open', ['casey']]);
    assert.equal(core.approve(gate, 'casey', 'commander'), 'GATE_ALREADY_ANSWERED');
    core.approve(gate, 'priya', 'privacy');
    assert.ok(core.started.includes('round/2/list'));
  });

  it('may be proposed by the requester, whose word does not count', () => {
    const core = new DrivenCore(rounds().interpreter.core.plan, { requester: 'casey' });
    core.say('amend', { run: 'widen', inputs: { targets: 'store-two' }, ...CASEY });
    assert.equal(core.gate('round').state, 'open');
    core.approve(core.gate('round'), 'noor', 'commander');
    assert.ok(core.started.includes('round/2/list'));
  });

  it('is refused where the plan declares none, too early, and to strangers', () => {
    const core = rounds();
    assert.equal(core.say('amend', { run: 'toString', ...CASEY }), 'AMENDMENT_UNKNOWN');
    assert.equal(core.say('amend', { ...CASEY }), 'AMENDMENT_UNKNOWN');
    assert.equal(core.say('amend', { run: 'widen', ...CASEY, by: 'mallory' }), 'ASK_ROLE');
    const early = rounds();
    early.interpreter.core.step('round')!.state = 'pending';
    assert.equal(early.say('amend', { run: 'widen', ...CASEY }), 'AMENDMENT_TOO_EARLY');
  });

  it('skips a step that has not started, by a decider and with a trace', () => {
    const core = rounds();
    assert.equal(core.say('amend', { skip: 'round/list', ...CASEY }), 'AMENDMENT_TOO_LATE');
    assert.equal(core.say('amend', { skip: 'after', ...CASEY, by: 'priya', role: 'privacy' }), 'ASK_ROLE');
    assert.equal(core.say('amend', { skip: 'after', ...CASEY }), undefined);
    assert.equal(core.records('amendment')[0]?.body['skip'], 'after');
    core.end('round/list', { from: 'vault' });
    core.end('round/deep/list');
    assert.equal(core.step('after').state, 'skipped');
  });

  it('lets nothing overtake what a skipped step was waiting for', () => {
    const core = rounds({}, [{ id: 'last', uses: 'chat.post', needs: ['after'], with: { text: 'all done' } }]);
    core.say('amend', { skip: 'after', ...CASEY });
    assert.deepEqual([core.step('after').state, core.step('last').state], ['pending', 'pending']);
    core.end('round/list', { from: 'vault' });
    core.end('round/deep/list');
    assert.deepEqual([core.step('after').state, core.step('last').state], ['skipped', 'running']);
  });
});
