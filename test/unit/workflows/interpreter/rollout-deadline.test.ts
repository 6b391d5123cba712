import assert from 'node:assert/strict';
import { datasetOf, planOf } from '../../../support/plan-sketch.ts';
import { RolloutCore } from '../../../../workflows/interpreter/rollout-core.ts';
import type { ActionCall } from '../../../../contracts/effects.ts';

describe('a rollout whose time is over', () => {
  it('sets no more timers for it while a page is under way', () => {
    const [step] = planOf([{ id: 'prove', uses: 'credentials.verify', forEach: 'inputs.x', withinMs: 1_000 }]).steps;
    const core = new RolloutCore(
      {
        ...{ call: { step: 'prove', visit: 1, uses: 'credentials.verify' } as ActionCall, dataset: datasetOf(5) },
        ...{ step: step!, parentWorkflowId: '', cursor: 0, page: 0, counts: {}, paused: false, stopped: false },
        ...{ canaryPassed: false, sweep: [] },
      },
      0,
    );
    const [page] = core.next(0);
    assert.equal(core.nextWakeMs(), 1_000);
    assert.deepEqual(core.next(1_000), []);
    assert.deepEqual([core.inFlight, core.nextWakeMs()], [1, undefined]);
    core.take(page!, { counts: { accepted: 2 }, left: 3 }, 1_500);
    assert.equal(core.isOver, true);
    assert.equal(core.outputs.left, 3);
  });
});
