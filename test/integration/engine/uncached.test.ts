import assert from 'node:assert/strict';
import { scenarios } from '../../replay/scenarios.ts';
import { Stand } from './stand.ts';

/** Without a cache every workflow task replays the whole history: what is not deterministic shows at once. */
const UNCACHED = 0;

describe('the engine without a workflow cache', () => {
  let stand: Stand;
  before(async () => {
    stand = await Stand.open(UNCACHED);
  }).timeout(120_000);
  after(() => stand.close());

  for (const [name, run] of Object.entries(scenarios)) {
    it(`runs ${name} to its end`, async () => {
      const incident = await run(stand);
      const { state } = await incident.result();
      assert.equal(state, 'closed');
      assert.deepEqual(incident.outside.broken, []);
      await incident.replay();
    }).timeout(60_000);
  }
});
