import assert from 'node:assert/strict';
import { byCommander, planOf } from '../../../support/plan-sketch.ts';
import { DrivenCore, targetsOf } from '../../../support/driven-core.ts';
import { ENGINE_VERSION, type IncidentInput } from '../../../../contracts/messages.ts';

const LIST = { uses: 'credentials.list', with: { from: 'secrets-store' } };

function anchorsOf(core: DrivenCore): readonly string[] {
  return core.all('anchor').map(({ reason }) => reason);
}

describe('the last state of an incident', () => {
  const ended = (engineVersion: number): DrivenCore => {
    const core = new DrivenCore(planOf([{ id: 'list', ...LIST }]), { engineVersion });
    core.end('list');
    assert.ok(core.interpreter.isFinished);
    assert.equal(core.all('setState').length, 1);
    return core;
  };

  it('has no anchor of its own: the end itself anchors the head', () => {
    assert.deepEqual(anchorsOf(ended(ENGINE_VERSION)), ['start']);
  });

  it('keeps its anchor in incidents of the first engine', () => {
    assert.deepEqual(anchorsOf(ended(1)), ['start', ended(1).status.state]);
  });

  it('is anchored where the incident goes on', () => {
    const revoking = { id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets', tags: ['mitigation'] };
    const core = new DrivenCore(planOf([revoking, { id: 'list', ...LIST, needs: ['contain'] }]), {
      inputs: targetsOf(3),
    });
    core.end('contain', { targets: 3, left: 0, counts: { verified: 3 } });
    assert.equal(core.status.state, 'contained');
    assert.deepEqual(core.all('setState'), [{ kind: 'setState', state: 'contained', anchor: 'contained' }]);
    assert.deepEqual(anchorsOf(core), ['start']); // the call that sets the state anchors the head
  });
});

describe('the start of an incident', () => {
  const started = (input: Partial<IncidentInput>): readonly string[] =>
    anchorsOf(new DrivenCore(planOf([{ id: 'list', ...LIST }]), input));

  it('is anchored by the workflow where the door did not', () => {
    assert.deepEqual(started({}), ['start']);
    assert.deepEqual(started({ isAnchored: false }), ['start']);
    assert.deepEqual(started({ isAnchored: true, engineVersion: 2 }), ['start']);
  });

  it('is not anchored twice', () => {
    assert.deepEqual(started({ isAnchored: true }), []);
  });
});

describe('a glance', () => {
  it('says what the status says, at a gate and at the end', () => {
    const core = new DrivenCore(
      planOf([
        { id: 'list', ...LIST },
        { id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets', approval: byCommander() },
        { id: 'fact', uses: 'wait.for', with: { fact: 'scopeFinal', of: 'privacy', remind: 'P2D' } },
      ]),
      { inputs: targetsOf(9) },
    );
    const agrees = (): void => {
      const { status } = core;
      const glance = core.interpreter.glance();
      const done = status.steps.filter(({ state }) => ['succeeded', 'partial', 'skipped'].includes(state)).length;
      const { incident, mode, state, stopped } = glance;
      const expected = { incident: status.incident, mode: status.mode, state: status.state, stopped: status.stopped };
      assert.deepEqual({ incident, mode, state, stopped }, expected);
      assert.deepEqual([glance.steps, glance.done], [status.steps.length, done]);
      assert.deepEqual(
        glance.openGates.map(({ id }) => id),
        status.gates.filter((gate) => gate.state === 'open').map(({ id }) => id),
      );
      assert.deepEqual(
        glance.asks.map(({ step }) => step),
        status.asks.map(({ step }) => step),
      );
    };
    agrees();
    const gate = core.open('contain');
    core.end('list');
    assert.equal(core.interpreter.glance().openGates.length, 1);
    assert.equal(core.interpreter.glance().asks.length, 1);
    agrees();
    core.approve(gate, 'casey', 'commander');
    agrees();
  });
});
