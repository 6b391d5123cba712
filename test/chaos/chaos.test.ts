import assert from 'node:assert/strict';
import { join } from 'node:path';
import { againCommand, runChaos } from './chaos.ts';

const RUNS = 20;
const FOLDER = join(import.meta.dirname, '../../.firebreak', `chaos-ci-${process.pid}`);

describe('chaos', function () {
  this.timeout(450_000);

  it(`holds every invariant in ${RUNS} drawn runs`, async () => {
    const said: string[] = [];
    const outcomes = await runChaos({
      ...{ seed: 1, runs: RUNS, folder: FOLDER, keepGoing: true },
      say: (line) => void said.push(line),
    });
    const failed = outcomes.filter(({ faults }) => faults.length > 0);
    assert.deepEqual(
      failed.map((outcome) => `${againCommand(outcome)}: ${outcome.faults.join('; ')}`),
      [],
      said.join('\n'),
    );
    assert.equal(outcomes.length, RUNS);
    for (const blow of ['kill-worker', 'stop-worker', 'kill-postgres', 'kill-temporal'])
      assert.ok(
        said.some((line) => line.startsWith(`${blow} `)),
        `nothing was hit by ${blow}`,
      );
    const judged = outcomes.flatMap(({ verdicts }) => verdicts.filter(({ verdict }) => verdict === 'holds'));
    const names = new Set(judged.map(({ invariant }) => invariant));
    assert.equal(names.size, 10, `judged were only ${[...names].join(', ')}`);
  });
});
