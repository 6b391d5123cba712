import { alternate, medianOf, ratioOf, round, timeOf } from './support/statistics.ts';
import { atLeast, told, type Benchmark } from './support/benchmark.ts';
import { Playbooks } from './support/playbooks.ts';

const MUST_REACH_OF_ONE = 0.6;
const MUST_REACH_OF_TWO = 0.75;
const AT_ONCE = 50;
const SIZES = { quick: { runs: 60, many: undefined, rounds: 3 }, full: { runs: 200, many: 2_000, rounds: 5 } } as const;

/** Runs that many to their end, {@link AT_ONCE} at a time. @returns completed a second. */
async function perSecond(runs: number, run: () => Promise<unknown>): Promise<number> {
  let left = runs;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await run();
    }
  };
  const ms = await timeOf(() => Promise.all(Array.from({ length: AT_ONCE }, lane)));
  return (runs * 1_000) / ms;
}

/**
 * Completed runs a second: playbooks of two steps, opened in the ledger and journalled in PostgreSQL, against bare workflows
 * of one and of two activities.
 */
export const starts: Benchmark = {
  name: 'starts',
  question: 'How many playbooks of two steps complete a second, against bare workflows of one or two activities?',
  async run(stand, size) {
    const { runs, many, rounds } = SIZES[size];
    const playbooks = await Playbooks.open(stand);
    const of = (count: number) => ({
      one: () => perSecond(count, () => playbooks.bare(1)),
      two: () => perSecond(count, () => playbooks.bare(2)),
      engine: () => perSecond(count, () => playbooks.engine(2)),
    });
    await alternate(1, of(AT_ONCE)); // all sides warm
    const pairs = await alternate(rounds, of(runs));
    const grown = many === undefined ? undefined : await perSecond(many, () => playbooks.engine(2));
    await playbooks.close();
    const [ratio, ratioOfTwo] = [ratioOf(pairs, 'engine', 'one'), ratioOf(pairs, 'engine', 'two')];
    const engine = medianOf(pairs, 'engine');
    return {
      figures: {
        ...{ perSecond: round(engine), ratio: round(ratio), ratioOfTwo: round(ratioOfTwo), runs, rounds },
        ...{ barePerSecond: round(medianOf(pairs, 'one')), bareTwoPerSecond: round(medianOf(pairs, 'two')) },
        ...(grown === undefined || many === undefined ? {} : { many, manyPerSecond: round(grown) }),
      },
      findings: [
        told('playbooks of two steps completed', engine, ' a second'),
        atLeast('  against bare workflows of one activity', ratio, MUST_REACH_OF_ONE),
        atLeast('  against bare workflows of two activities', ratioOfTwo, MUST_REACH_OF_TWO),
        ...(grown === undefined || many === undefined ? [] : [told(`  of ${many} runs`, grown, ' a second')]),
      ],
    };
  },
};
