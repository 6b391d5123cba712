import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawnPlan } from './drawn-plan.ts';
import { SimulatedRun, type Chooser } from './simulated-run.ts';

const RUNS = 2_000;

/** A small deterministic generator, so that a run repeats from its seed. @source Marsaglia, Xorshift RNGs (2003) */
function shuffled(seed: number): Chooser {
  let state = (seed >>> 0) + 1;
  return (count) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % count;
  };
}

const firstComeFirst: Chooser = () => 0;

describe('Interpreter', () => {
  it('comes to the same end for every interleaving of the same outcomes and decisions', () => {
    fc.assert(
      fc.property(drawnPlan, fc.integer(), (drawn, seed) => {
        const plain = new SimulatedRun(drawn, firstComeFirst).run();
        assert.deepEqual(new SimulatedRun(drawn, shuffled(seed)).run(), plain);
      }),
      { numRuns: RUNS },
    );
  }).timeout(120_000);

  it('does the very same for the very same events', () => {
    fc.assert(
      fc.property(drawnPlan, fc.integer(), (drawn, seed) => {
        const first = new SimulatedRun(drawn, shuffled(seed));
        const second = new SimulatedRun(drawn, shuffled(seed));
        first.run();
        second.run();
        assert.deepEqual(second.interpreter.carry(), first.interpreter.carry());
        assert.deepEqual(second.keys, first.keys);
      }),
      { numRuns: RUNS / 4 },
    );
  }).timeout(120_000);

  it('never has more than 16 activities in flight and never uses a journal key twice', () => {
    fc.assert(
      fc.property(drawnPlan, fc.integer(), (drawn, seed) => {
        const run = new SimulatedRun(drawn, shuffled(seed));
        run.run();
        assert.ok(run.mostInFlight <= 16);
        assert.deepEqual(
          run.keys.filter((key, at) => run.keys.indexOf(key) !== at),
          [],
        );
      }),
      { numRuns: RUNS / 4 },
    );
  }).timeout(120_000);
});
