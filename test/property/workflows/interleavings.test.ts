import assert from 'node:assert/strict';
import fc from 'fast-check';
import { drawnPlan } from './drawn-plan.ts';
import { SimulatedRun, type Chooser, type Weather } from './simulated-run.ts';

const RUNS = 10_000;
const SHARE = 20; // of runs for laws that need fewer

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

/** Continuations, repeated reports and stops, each about so seldom. */
function stormy(seed: number): Weather {
  const choose = shuffled(seed ^ 0x2545f491);
  return { continues: () => choose(4) === 0, repeats: () => choose(3) === 0, stops: () => choose(12) === 0 };
}

describe('Interpreter', () => {
  it('comes to the same end for every interleaving, continued as new, stopped and resumed, with reports that repeat', () => {
    const seen = { continued: 0, repeated: 0, stopped: 0 };
    fc.assert(
      fc.property(drawnPlan, fc.integer(), (drawn, seed) => {
        const plain = new SimulatedRun(drawn, firstComeFirst).run();
        const stormed = new SimulatedRun(drawn, shuffled(seed), stormy(seed));
        assert.deepEqual(stormed.run(), plain);
        seen.continued += stormed.continued;
        seen.repeated += stormed.repeated;
        seen.stopped += stormed.stopped;
      }),
      { numRuns: RUNS },
    );
    for (const [what, count] of Object.entries(seen)) assert.ok(count > RUNS / 20, `${what} only ${count} times`);
  }).timeout(240_000);

  it('does the very same for the very same events', () => {
    fc.assert(
      fc.property(drawnPlan, fc.integer(), (drawn, seed) => {
        const first = new SimulatedRun(drawn, shuffled(seed), stormy(seed));
        const second = new SimulatedRun(drawn, shuffled(seed), stormy(seed));
        first.run();
        second.run();
        assert.deepEqual(second.interpreter.carry(), first.interpreter.carry());
        assert.deepEqual(second.keys, first.keys);
      }),
      { numRuns: RUNS / SHARE },
    );
  }).timeout(120_000);

  it('never has more than 16 activities in flight and never uses a journal key twice', () => {
    fc.assert(
      fc.property(drawnPlan, fc.integer(), (drawn, seed) => {
        const run = new SimulatedRun(drawn, shuffled(seed), stormy(seed));
        run.run();
        assert.ok(run.mostInFlight <= 16);
        assert.deepEqual(
          run.keys.filter((key, at) => run.keys.indexOf(key) !== at),
          [],
        );
      }),
      { numRuns: RUNS / SHARE },
    );
  }).timeout(120_000);
});
