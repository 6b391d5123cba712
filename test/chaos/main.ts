/**
 * Chaos: `npm run chaos -- --seed S --runs N [--json] [--keep-going] [--folder DIR]`.
 *
 * Each run is drawn from one integer (S, S + 1, ...) and judged by the checker. Ends 0 when every run held, else 1, and
 * prints the command that plays a failed one again.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { againCommand, runChaos } from './chaos.ts';

const ROOT = resolve(import.meta.dirname, '../..');

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} takes a whole number, not ${text}`);
  return value;
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
    folder: { type: 'string', default: join(ROOT, '.firebreak', `chaos-${process.pid}`) },
  },
});
const startedAt = Date.now();
const runs = wholeNumber(values.runs, 'runs');
const outcomes = await runChaos({
  ...{ seed: wholeNumber(values.seed, 'seed'), runs, keepGoing: values['keep-going'], folder: resolve(values.folder) },
  say: (line) => process.stderr.write(`${line}\n`),
});
const failed = outcomes.filter(({ faults }) => faults.length > 0);
const seconds = (Date.now() - startedAt) / 1_000;
if (values.json)
  process.stdout.write(`${JSON.stringify({ runs, held: outcomes.length - failed.length, failed, seconds })}\n`);
else {
  process.stdout.write(`${outcomes.length - failed.length} of ${runs} runs held in ${seconds.toFixed(0)} s\n`);
  for (const outcome of failed) process.stdout.write(`${againCommand(outcome)}    ${outcome.faults.join('; ')}\n`);
}
process.exit(failed.length === 0 && outcomes.length === runs ? 0 : 1);
