import assert from 'node:assert/strict';
import { verifyForged, verifyProper } from './forgeries.ts';

const TOTAL = 10_000;
const SEED = 20_260_504;

describe('10,000 forged and 10,000 proper requests over all schemes', function () {
  this.timeout(300_000);

  it('takes every proper one, and reads it', async () => {
    assert.deepEqual(await verifyProper(TOTAL), { tried: TOTAL, accepted: TOTAL, wrong: [] });
  });

  it(`takes no forged one (seed ${SEED})`, async () => {
    assert.deepEqual(await verifyForged(TOTAL, SEED), { tried: TOTAL, accepted: 0, wrong: [] });
  });
});
