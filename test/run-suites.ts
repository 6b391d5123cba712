import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporalBinary } from './support/temporal.ts';

/** What a run of some tests came to. */
interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

const ROOT = resolve(import.meta.dirname, '..');
const MOCHA = join(ROOT, 'node_modules', 'mocha', 'bin', 'mocha.js');

/**
 * Suites in the order in which they run: the quick ones first, so that a fault shows early. Lanes of one stage run side by
 * side, as far as none of them measures time or needs the machine for itself.
 */
const STAGES: readonly (readonly (readonly string[])[])[] = [
  [['unit', 'docs', 'replay', 'conformance', 'faults'], ['property']],
  [['integration'], ['integration/engine', 'integration/worker']],
  [['integration/slack']], // measures how long Slack waits
  [['crash']],
  [['crash/grid']],
  [['crash/outages'], ['checker']],
  [['chaos']],
  [['doors'], ['e2e']],
];

/** All suites. */
export const suites: readonly string[] = STAGES.flat(2);

/** A suite is ended when it takes longer: a hang is a failure, not a wait. */
const SUITE_WITHIN_MS = 8 * 60_000;
/** Suites of many processes need the machine for themselves, and have longer where they do not get it. */
const CRASH_WITHIN_MS = 30 * 60_000;
/** Sizes that only people ask for. */
const ALL_WITHIN_MS = 6 * 3_600_000;

function withinMs(suite: string): number {
  if (!suite.startsWith('crash/')) return SUITE_WITHIN_MS;
  return process.env['FIREBREAK_CRASH_ALL'] === '1' ? ALL_WITHIN_MS : CRASH_WITHIN_MS;
}

/** What mocha is given for a suite; the files of a suite inside it are not among them. */
function filesOf(suite: string): readonly string[] {
  const inside = suites.filter((name) => name.startsWith(`${suite}/`));
  return [`test/${suite}/**/*.test.ts`, ...inside.flatMap((name) => ['--ignore', `test/${name}/**`])];
}

function count(output: string, word: string): number {
  return Number(new RegExp(`^\\s*(\\d+) ${word}`, 'm').exec(output)?.[1] ?? 0);
}

/** The Temporal CLI is found or fetched once, before the first suite: its lack is said at once. */
let temporal: Promise<string> | undefined;

/**
 * Runs one suite with mocha in a process of its own.
 *
 * @param isAlone - its output goes on to ours at once, else when it has ended.
 */
async function runSuite(suite: string, isAlone: boolean): Promise<Tally> {
  const startedAt = Date.now();
  if (!existsSync(join(ROOT, 'test', suite))) return { passed: 0, failed: 0, seconds: 0 };
  const FIREBREAK_TEMPORAL_CLI = await (temporal ??= temporalBinary());
  return new Promise((done) => {
    const child = spawn(process.execPath, [MOCHA, '--exit', '--reporter', 'dot', ...filesOf(suite)], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, FIREBREAK_TEMPORAL_CLI, NODE_ENV: 'test' },
      detached: true, // a process group of its own: a hang is ended with the mocha that hangs behind its wrapper
    });
    const timer = setTimeout(() => {
      process.stdout.write(`\ntest/${suite} did not end within ${withinMs(suite) / 60_000} minutes\n`);
      process.kill(-child.pid!, 'SIGKILL');
    }, withinMs(suite));
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      if (isAlone) process.stdout.write(chunk);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      if (!isAlone) process.stdout.write(output);
      const [passed, failed, skipped] = [count(output, 'passing'), count(output, 'failing'), count(output, 'pending')];
      const isCut = code !== 0 && failed === 0; // it crashed, hung, or could not load
      const unproven = process.env['CI'] === 'true' ? skipped : 0; // a skipped test proves nothing
      done({ passed, failed: failed + unproven + (isCut ? 1 : 0), seconds: (Date.now() - startedAt) / 1_000 });
    });
  });
}

/**
 * Runs suites stage by stage, says of each what it came to, and sums up.
 *
 * @param names - suites, or folders of some.
 */
export async function runSuites(names: readonly string[]): Promise<Pick<Tally, 'passed' | 'failed'>> {
  let [passed, failed] = [0, 0];
  const isAsked = (suite: string): boolean => names.some((name) => suite === name || suite.startsWith(`${name}/`));
  for (const stage of STAGES) {
    const lanes = stage.map((lane) => lane.filter(isAsked)).filter((lane) => lane.length > 0);
    const run = async (lane: readonly string[]): Promise<void> => {
      for (const suite of lane) {
        const tally = await runSuite(suite, lanes.length === 1);
        console.log(`test/${suite}: ${tally.passed} passed, ${tally.failed} failed in ${tally.seconds.toFixed(0)} s\n`);
        passed += tally.passed; // after the wait: another lane may have added meanwhile
        failed += tally.failed;
      }
    };
    await Promise.all(lanes.map(run));
  }
  return { passed, failed };
}

/** The plain line that a run ends with, and its exit code: nothing passed is a failure too. */
export function conclude({ passed, failed }: Pick<Tally, 'passed' | 'failed'>): void {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
