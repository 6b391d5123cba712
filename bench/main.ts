/**
 * Runs the benchmarks, one after the other, and judges what must be reached.
 *
 *   npm run bench -- [--quick] [--json] [--only name,name] [--help]
 */
import { parseArgs } from 'node:util';
import { Runtime } from '@temporalio/worker';
import { journal } from './journal.ts';
import { machineNow } from './support/machine.ts';
import { mail } from './mail.ts';
import { recovery } from './recovery.ts';
import { revoke } from './revoke.ts';
import { rollout } from './rollout.ts';
import { Stand } from './support/stand.ts';
import { starts } from './starts.ts';
import { status } from './status.ts';
import { step } from './step.ts';
import { round, timeOf } from './support/statistics.ts';
import { tableOf } from './support/table.ts';
import type { Benchmark, Finding, Size } from './support/benchmark.ts';
import type { JsonObject } from '../contracts/json.ts';

/** In the order in which they run: what needs a quiet machine most comes first, what only waits comes last. */
const benchmarks: readonly Benchmark[] = [mail, revoke, step, starts, journal, status, rollout, recovery];

const HELP = `npm run bench -- [--quick] [--json] [--only name,name]

  --quick   smaller sizes; two and a half minutes in all on two quiet cores
  --json    one JSON object on standard output, nothing else there
  --only    some of them, by name

${benchmarks.map(({ name, question }) => `  ${name.padEnd(9)} ${question}`).join('\n')}

Each stands beside the raw limit, measured in the same run in pairs that alternate. A ratio needs a quiet machine: what else
runs is part of the result (load). Ends 1 when a figure that must be reached is missed, 2 for a wrong call.
`;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** Those asked for, in the order in which they run; `undefined` where a name is none. */
function chosen(only: string | undefined): readonly Benchmark[] | undefined {
  if (only === undefined) return benchmarks;
  const names = only.split(',').map((name) => name.trim());
  if (names.some((wanted) => benchmarks.every(({ name }) => name !== wanted))) return undefined;
  return benchmarks.filter(({ name }) => names.includes(name));
}

async function runAll(some: readonly Benchmark[], size: Size): Promise<boolean> {
  const none = (): void => undefined;
  Runtime.install({ logger: { log: none, trace: none, debug: none, info: none, warn: none, error: none } });
  const machine = machineNow();
  const stand = new Stand((line) => process.stderr.write(`${line}\n`));
  const figures: Record<string, JsonObject> = {};
  const all: Finding[] = [];
  const failed: string[] = [];
  const startedAt = performance.now();
  try {
    for (const benchmark of some) {
      const { name, question } = benchmark;
      stand.say(`${name}: ${question}`);
      const ms = await timeOf(async () => {
        try {
          const found = await benchmark.run(stand, size);
          figures[name] = found.figures;
          all.push(...found.findings);
          (values.json ? process.stderr : process.stdout).write(`${tableOf(found.findings)}\n`);
        } catch (error) {
          failed.push(`${name} failed`); // what the others found is not lost with it
          stand.say(`  ${name} failed: ${error instanceof Error ? error.message : String(error)}`);
        }
      });
      stand.say(`  took ${round(ms / 1_000)} s`);
    }
  } finally {
    await stand.close();
  }
  const missed = [...all.filter(({ isReached }) => isReached === false).map(({ what }) => what.trim()), ...failed];
  const seconds = round((performance.now() - startedAt) / 1_000);
  if (values.json) process.stdout.write(`${JSON.stringify({ size, seconds, machine, missed, ...figures })}\n`);
  else
    process.stdout.write(
      `\n${missed.length === 0 ? 'everything reached' : `${missed.length} missed`}, ${seconds} s, load ${machine.load} at the start\n`,
    );
  return missed.length === 0;
}

const some = chosen(values.only);
if (values.help || some === undefined) {
  (values.help ? process.stdout : process.stderr).write(HELP);
  process.exitCode = values.help ? 0 : 2;
} else process.exitCode = (await runAll(some, values.quick ? 'quick' : 'full')) ? 0 : 1;
