import assert from 'node:assert/strict';
import { byCommander, planOf } from '../../../support/plan-sketch.ts';
import { DrivenCore, targetsOf } from '../../../support/driven-core.ts';
import type { IncidentInput } from '../../../../contracts/messages.ts';

/** A rollout at work behind an approved gate. */
function rolling(input: Partial<IncidentInput> = {}): DrivenCore {
  const core = new DrivenCore(
    planOf([{ id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets', approval: byCommander() }]),
    { inputs: targetsOf(9), ...input },
  );
  core.approve(core.open('contain'), 'casey', 'commander');
  return core;
}

function flips(core: DrivenCore): readonly unknown[] {
  return core.all('setPermit').map(({ permit, tell }) => [permit.context.visit, permit.state, tell]);
}

describe('the permit of a rollout', () => {
  it('is shut when its time was over before everything came through', () => {
    const core = rolling();
    core.end('contain', { targets: 9, left: 4, counts: { accepted: 5 } }, { state: 'partial' });
    assert.deepEqual(flips(core), [[1, 'stopped', undefined]]);
  });

  it('is shut when its workflow was lost, and the next visit has one of its own', () => {
    const core = rolling();
    core.fail('contain', 'ROLLOUT_LOST');
    assert.deepEqual(flips(core), [[1, 'stopped', undefined]]);
    core.approve(core.gate('contain'), 'casey', 'commander');
    core.approve(core.open('contain'), 'casey', 'commander');
    assert.deepEqual(
      core.all('rollOut').map(({ call }) => call.visit),
      [1, 2],
    );
    assert.equal(flips(core).length, 1);
  });

  it('stays as it is when everything came through: there is nothing left to claim', () => {
    const core = rolling();
    core.end('contain', { targets: 9, left: 0, counts: { accepted: 9 } });
    assert.deepEqual(flips(core), []);
  });

  it('is not shut twice where people did not let the rollout go on', () => {
    const core = rolling();
    const held = { counts: { accepted: 5 }, left: 4, note: '5 first targets were acted on' };
    core.tell({ kind: 'childHolds', step: 'contain', visit: 1, reason: 'canary', ...held });
    const { id: gate, digest } = core.gate('contain');
    core.say('decide', { gate, digest, answer: 'reject', by: 'casey', role: 'commander' });
    core.end('contain', { targets: 9, left: 4, counts: { accepted: 5 } }, { state: 'partial' });
    assert.deepEqual(flips(core), [
      [1, 'held', undefined],
      [1, 'stopped', 'finish'],
    ]);
  });

  it('stays open in an incident of an engine that left it so', () => {
    const core = rolling({ engineVersion: 2 });
    core.fail('contain', 'ROLLOUT_LOST');
    assert.deepEqual(flips(core), []);
  });
});
