import assert from 'node:assert/strict';
import { byCommander, datasetOf, planOf } from '../../support/plan-sketch.ts';
import { Stand } from './stand.ts';

describe('the release of a rollout that holds', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open();
  }).timeout(120_000);
  after(() => stand.close());

  it('is in the journal before the rollout goes on', async () => {
    const plan = planOf([
      {
        ...{ id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets', approval: byCommander() },
        rollout: { first: [], canary: 5, holdUntil: 'approved', page: 10, window: 4 },
      },
      { id: 'close', uses: 'incident.close', needs: ['contain'] },
    ]);
    const decided: number[] = [];
    const incident = await stand.start(plan, {
      input: { inputs: { targets: { ...datasetOf(25) } } },
      prepare: (outside) => {
        outside.scripts['credentials.revoke'] = ({ call }) => {
          if (call.from >= 5) decided.push(outside.records('decision').length);
          return undefined;
        };
      },
    });
    await incident.approve(await incident.gate('contain'), 'casey', 'commander');
    await incident.approve(await incident.gate('contain', 'canary'), 'casey', 'commander');
    await incident.result();
    assert.ok(decided.length > 0);
    assert.ok(decided.every((count) => count === 2));
    await incident.replay();
  });
});
