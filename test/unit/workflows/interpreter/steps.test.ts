import assert from 'node:assert/strict';
import { planOf, type StepSketch } from '../../../support/plan-sketch.ts';
import { DrivenCore, targetsOf } from '../../../support/driven-core.ts';

const READ = { uses: 'credentials.list', with: { from: 'secrets-store' } } as const;
const POST = { uses: 'chat.post', with: { text: 'hello' } } as const;

function run(...steps: readonly StepSketch[]): DrivenCore {
  return new DrivenCore(planOf(steps));
}

describe('needs', () => {
  it('start ready steps in declaration order', () => {
    const core = run({ id: 'c', ...READ }, { id: 'a', ...READ }, { id: 'b', ...READ, needs: ['a'] });
    assert.deepEqual(core.started, ['c', 'a']);
    core.end('a');
    assert.deepEqual(core.started, ['c', 'a', 'b']);
  });

  it('are satisfied by success, partial success, a skip, and a failure that the playbook goes on after', () => {
    const after = (): StepSketch => ({ id: 'b', ...READ, needs: ['a'] });
    const partial = run({ id: 'a', ...READ }, after());
    partial.end('a', {}, { state: 'partial' });
    const skipped = run({ id: 'a', ...READ, when: 'false' }, after());
    const failed = run({ id: 'a', ...READ, onFailure: 'continue' }, after());
    failed.fail('a');
    for (const core of [partial, skipped, failed]) assert.ok(core.started.includes('b'));
    assert.equal(failed.status.openItems[0]?.step, 'a');
  });

  it('are not satisfied by a failure that a person has yet to decide on', () => {
    const core = run({ id: 'a', ...READ }, { id: 'b', ...READ, needs: ['a'] });
    core.fail('a');
    assert.equal(core.step('b').waitsFor, 'needs');
    core.say('resolveStep', { step: 'a', answer: 'skip', by: 'casey', role: 'commander' });
    assert.ok(core.started.includes('b'));
  });

  it('ask for more where the plan says `succeeded`', () => {
    const core = run({ id: 'a', ...READ }, { id: 'b', ...READ, needs: [{ step: 'a', state: 'succeeded' }] });
    core.end('a', {}, { state: 'partial' });
    assert.equal(core.step('b').state, 'pending');
  });
});

describe('activities in flight', () => {
  it('are 16 at most; rollouts, people and timers do not count', () => {
    const reads = Array.from({ length: 20 }, (_, index): StepSketch => ({ id: `r${index}`, ...READ }));
    const rollouts = Array.from({ length: 3 }, (_, index): StepSketch => ({
      ...{ id: `p${index}`, uses: 'credentials.verify', forEach: 'inputs.targets' },
    }));
    const core = new DrivenCore(planOf([...reads, ...rollouts]), { inputs: targetsOf(3) });
    assert.equal(core.started.length, 16);
    assert.equal(core.all('rollOut').length, 3);
    core.end('r3');
    assert.equal(core.started.at(-1), 'r16');
  });
});

describe('inputs of a step', () => {
  it('are asked for once: `when` keeps its answer whatever the facts say later', () => {
    const core = run(
      { id: 'a', ...READ },
      { id: 'b', ...POST, needs: ['a'], when: 'has(facts.affectedPeople)', readsFacts: ['affectedPeople'] },
    );
    core.end('a');
    assert.equal(core.step('b').state, 'skipped');
    core.addFact('affectedPeople', 3);
    assert.equal(core.step('b').state, 'skipped');
    assert.equal(core.records('input')[0]?.body['answer'], false);
  });

  it('skip the step with a code where a skipped step would have given them, and leave it open', () => {
    const core = run(
      { id: 'a', ...READ, when: 'false' },
      { id: 'b', ...POST, needs: ['a'], reads: ['a'], with: { text: { $cel: 'steps.a.document' } } },
    );
    assert.deepEqual([core.step('b').state, core.step('b').error?.code], ['skipped', 'INPUT_MISSING']);
    assert.equal(core.status.openItems[0]?.step, 'b');
  });

  it('fail the step where they cannot be computed', () => {
    const core = run({ id: 'a', ...POST, with: { text: { $cel: '1 / 0' } } });
    assert.deepEqual([core.step('a').state, core.step('a').error?.code], ['failed', 'EXPRESSION_FAILED']);
  });
});

describe('results of a step', () => {
  it('set facts with their source, and open items', () => {
    const core = run({ id: 'a', ...READ });
    core.end('a', { count: 2 }, { facts: { affectedCredentials: 2, notAFact: 1 } });
    const [fact] = core.status.facts;
    assert.deepEqual([fact?.key, fact?.source, fact?.confidence], ['affectedCredentials', 'step:a', 'stated']);
    assert.equal(core.status.facts.length, 1);
  });

  it('are refused above 4 KiB, counted in bytes', () => {
    const core = run({ id: 'a', ...READ }, { id: 'b', ...READ });
    core.end('a', { text: 'x'.repeat(4_000) });
    core.end('b', { text: 'ü'.repeat(2_100) });
    assert.equal(core.step('a').state, 'succeeded');
    assert.equal(core.step('b').error?.code, 'ENGINE_OUTPUT_TOO_LARGE');
  });

  it('of an earlier visit, or a repeat, change nothing', () => {
    const core = run({ id: 'a', ...READ });
    core.fail('a');
    core.say('resolveStep', { step: 'a', answer: 'retry', by: 'casey', role: 'commander' });
    core.tell({ kind: 'actionEnded', step: 'a', visit: 1, outputs: {}, state: 'succeeded' });
    assert.deepEqual([core.step('a').state, core.step('a').visit], ['running', 2]);
    core.end('a', { count: 1 });
    core.tell({ kind: 'actionFailed', step: 'a', visit: 2, error: { code: 'STEP_FAILED', message: 'late' } });
    assert.equal(core.step('a').state, 'succeeded');
  });

  it('count what several rollouts reached, each dataset once', () => {
    const verify = { uses: 'credentials.verify', forEach: 'inputs.targets' } as const;
    const core = new DrivenCore(
      planOf([
        { id: 'a', ...verify },
        { id: 'b', ...verify },
      ]),
      { inputs: targetsOf(5) },
    );
    core.end('a', { targets: 5, left: 0, counts: { verified: 4, refuted: 1 } }, { state: 'partial' });
    core.end('b', { targets: 5, left: 0, counts: { verified: 5 } });
    assert.equal(core.status.facts.find(({ key }) => key === 'credentialsVerifiedDead')?.value, 5);
  });
});

describe('a failed step', () => {
  it('asks at a gate of its own; deciders retry by approving and skip by rejecting', () => {
    const core = run({ id: 'a', ...READ }, { id: 'b', ...READ });
    core.fail('a');
    core.fail('b');
    const [first, second] = [core.gate('a'), core.gate('b')];
    assert.equal(first.kind, 'failure');
    assert.notEqual(first.digest, second.digest);
    assert.equal(core.approve(first, 'priya', 'privacy'), 'GATE_ROLE');
    core.approve(first, 'casey', 'commander');
    assert.equal(core.step('a').visit, 2);
    core.say('decide', { gate: second.id, digest: second.digest, answer: 'reject', by: 'casey', role: 'commander' });
    assert.equal(core.step('b').state, 'skipped');
  });

  it('is done by hand with the outputs that a person gives', () => {
    const core = run(
      { id: 'a', uses: 'tickets.open', with: { queue: 'forensics', template: 'engagement' } },
      { id: 'b', uses: 'tickets.close', needs: ['a'], reads: ['a'], with: { ticket: { $cel: 'steps.a.id' } } },
    );
    core.fail('a');
    const by = { by: 'casey', role: 'commander' };
    core.say('resolveStep', { step: 'a', answer: 'mark-done', values: { id: '9' }, ...by });
    assert.deepEqual(core.all('act').at(-1)?.call.with, { ticket: '9' });
    assert.equal(core.say('resolveStep', { step: 'a', answer: 'skip', ...by }), 'STEP_NOT_WAITING');
  });

  it('halts the incident where the playbook says so, until somebody decides or resumes', () => {
    const core = run({ id: 'a', ...READ, onFailure: 'halt' }, { id: 'b', ...READ }, { id: 'c', ...READ, needs: ['b'] });
    core.fail('a');
    core.end('b');
    assert.equal(core.status.stopped, true);
    assert.ok(!core.started.includes('c'));
    core.say('resume', { by: 'casey', role: 'commander', reason: 'not in the way' });
    assert.ok(core.started.includes('c'));
    assert.equal(core.gate('a').state, 'open');
  });

  it('stops the incident when a person decides so', () => {
    const core = run({ id: 'a', ...READ }, { id: 'b', ...READ }, { id: 'c', ...READ, needs: ['b'] });
    core.fail('a');
    core.say('resolveStep', { step: 'a', answer: 'stop', by: 'casey', role: 'commander' });
    core.end('b');
    assert.deepEqual([core.step('a').state, core.status.stopped], ['cancelled', true]);
    assert.ok(!core.started.includes('c'));
  });
});

describe('the journal', () => {
  it('holds every start and end under a key of its own, a failed step that is resolved twice', () => {
    const core = run({ id: 'a', ...READ });
    core.fail('a');
    core.say('resolveStep', { step: 'a', answer: 'skip', by: 'casey', role: 'commander' });
    const keys = core.interpreter.core.state.pending.map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
    assert.deepEqual(
      core.records('step.ended').map(({ body }) => body['state']),
      ['failed', 'skipped'],
    );
  });

  it('travels with every call until one of them has confirmed it', () => {
    const core = run({ id: 'a', ...READ }, { id: 'b', ...READ, needs: ['a'] });
    const started = core.records('step.started')[0]!.key;
    core.end('a');
    assert.ok(core.all('act')[1]?.call.journal.some(({ key }) => key === started));
    core.tell({ kind: 'journalled', keys: [started] });
    assert.ok(core.records('step.started').every(({ key }) => key !== started));
  });

  it('sends its head out after a decision is in the ledger, and hourly while there is something new', () => {
    const core = run({ id: 'final', uses: 'wait.for', with: { fact: 'scopeFinal', of: 'commander', remind: 'P2D' } });
    core.sleep(3 * 60 * 60_000);
    assert.deepEqual(
      core.all('anchor').map(({ reason }) => reason),
      ['start', 'hourly'],
    );
  });
});
