import { alternate, medianOf, ratioOf, round, timeOf, type Pair } from './support/statistics.ts';
import { atMost, told, type Benchmark } from './support/benchmark.ts';
import { Playbooks } from './support/playbooks.ts';
import type { Stand } from './support/stand.ts';

const MUST_STAY = 1.3;
const WARM_STEPS = 10;
const SIZES = {
  quick: { steps: 30, longer: undefined, rounds: 5, journalledRounds: 1 },
  full: { steps: 100, longer: 500, rounds: 5, journalledRounds: 5 },
} as const;

/**
 * Two workflows on one server and one worker: the engine interpreting a plan of N steps, each needing the one before, and a
 * bare workflow that calls the same no-op activity N times. First the interpreter alone: its activities write nothing, as
 * the bare one does. Then with the journal: each step's records are appended to the chain in PostgreSQL before it acts.
 */
export const step: Benchmark = {
  name: 'step',
  question: 'What does a sequential step that does nothing outside cost against a bare Temporal activity step?',
  async run(stand, size) {
    const { steps, longer, rounds, journalledRounds } = SIZES[size];
    const alone = await contest(stand, { unjournalled: true }, steps, rounds, longer);
    const journalled = await contest(stand, {}, steps, journalledRounds, undefined);
    const ratio = ratioOf(alone.pairs, 'engine', 'bare');
    const { grown } = alone;
    const figures = {
      ...{ ratio: round(ratio), ratios: alone.pairs.map((pair) => round(pair.engine / pair.bare)) },
      ...{ bareMs: round(medianOf(alone.pairs, 'bare')), engineMs: round(medianOf(alone.pairs, 'engine')) },
      journalledRatio: round(ratioOf(journalled.pairs, 'engine', 'bare')),
      journalledMs: round(medianOf(journalled.pairs, 'engine')),
      ...{ steps, rounds },
      ...(grown === undefined || longer === undefined ? {} : { longer, longerRatio: round(grown) }),
    };
    return {
      figures,
      findings: [
        atMost('step latency against a bare activity step', ratio, MUST_STAY),
        told('  a bare activity step', figures.bareMs, ' ms'),
        told('  a step of a playbook', figures.engineMs, ' ms'),
        told('  with its records in PostgreSQL, against the bare step', figures.journalledRatio),
        ...(grown === undefined || longer === undefined
          ? []
          : [told(`  ratio in a playbook of ${longer} steps`, grown)]),
      ],
    };
  },
};

/** Milliseconds a step of both sides, in pairs; then once in a longer playbook. */
async function contest(
  stand: Stand,
  how: { readonly unjournalled?: boolean },
  steps: number,
  rounds: number,
  longer: number | undefined,
): Promise<{ readonly pairs: readonly Pair<'bare' | 'engine'>[]; readonly grown: number | undefined }> {
  const playbooks = await Playbooks.open(stand, how);
  const perStep = async (count: number, run: () => Promise<unknown>): Promise<number> => (await timeOf(run)) / count;
  const both = (count: number) => ({
    bare: () => perStep(count, () => playbooks.bare(count)),
    engine: () => perStep(count, () => playbooks.engine(count)),
  });
  await alternate(1, both(WARM_STEPS));
  const pairs = await alternate(rounds, both(steps));
  const grown = longer === undefined ? undefined : ratioOf(await alternate(1, both(longer)), 'engine', 'bare');
  await playbooks.close();
  return { pairs, grown };
}
