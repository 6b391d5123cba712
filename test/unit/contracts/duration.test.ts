import assert from 'node:assert/strict';
import { durationMs } from '../../../contracts/duration.ts';

describe('durationMs', () => {
  for (const [text, ms] of [
    ['PT72H', 72 * 3_600_000],
    ['P14D', 14 * 86_400_000],
    ['P1DT12H', 36 * 3_600_000],
    ['P2W', 14 * 86_400_000],
    ['PT90M', 90 * 60_000],
    ['PT5S', 5_000],
  ] as const) {
    it(`reads ${text}`, () => {
      assert.equal(durationMs(text), ms);
    });
  }

  for (const text of ['', 'P', 'PT', 'P1M', 'P1Y', '72h', 'PT1.5H', '-P1D', 'P1DT', ' P1D']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => durationMs(text), { code: 'DURATION_INVALID' });
    });
  }
});
