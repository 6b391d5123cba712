import { atMost, told, type Benchmark } from './support/benchmark.ts';
import { round } from './support/statistics.ts';
import { runRollout } from './support/rollout-run.ts';

const GROWTH_MUST_STAY = 1.15;
const EVENTS_MUST_STAY = 0.02;
const RSS_MUST_STAY_MB = 512;
const DRIFT_MUST_STAY = 1.25; // "flat": what the garbage collector leaves standing differs by less
const FEW = 10_000;
const SIZES = { quick: 100_000, full: 1_000_000 } as const;

/** A connector that does nothing, so that what is left is the engine: pages, claims, settles, receipts, journal, history. */
export const rollout: Benchmark = {
  name: 'rollout',
  question: 'Does a target cost the same in a rollout of a million as in one of ten thousand?',
  async run(stand, size) {
    const targets = SIZES[size];
    stand.say(`  ${FEW.toLocaleString('en')} targets`);
    const few = await runRollout(FEW);
    stand.say(`  ${targets.toLocaleString('en')} targets`);
    const many = await runRollout(targets);
    for (const run of [few, many])
      if (run.counts.accepted !== run.targets) throw new Error(`${run.targets} came to ${JSON.stringify(run.counts)}`);
    const growth = many.secondsPerTarget / few.secondsPerTarget;
    const drift = many.rssMb.late / many.rssMb.early;
    return {
      figures: {
        ...{ perTargetGrowth: round(growth), eventsPerTarget: round(many.eventsPerTarget), rssMb: many.rssMb.most },
        ...{ targets, seconds: round(many.seconds), perSecond: round(1 / many.secondsPerTarget) },
        ...{ msPerTarget: round(many.secondsPerTarget * 1_000), fewMsPerTarget: round(few.secondsPerTarget * 1_000) },
        rssDrift: round(drift),
      },
      findings: [
        atMost(`time a target at ${targets.toLocaleString('en')} against 10,000`, growth, GROWTH_MUST_STAY, ' times'),
        told('  targets', 1 / many.secondsPerTarget, ' a second'),
        atMost('  history events a target', many.eventsPerTarget, EVENTS_MUST_STAY),
        atMost('  memory of the worker', many.rssMb.most, RSS_MUST_STAY_MB, ' MB'),
        atMost('  memory in its last quarter against its second', drift, DRIFT_MUST_STAY, ' times'),
      ],
    };
  },
};
