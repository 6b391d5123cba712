/**
 * Everything that CI checks: `npm run verify`. Each check counts as one; all are run, so that all faults show at once. Ends
 * with the plain line `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { conclude, runSuites, suites } from './run-suites.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** npm scripts in two lanes that run side by side: the one that takes longest, and the others, quick and often wrong first. */
const LANES = [
  ['verify:lint'],
  [
    ...['verify:types', 'verify:format', 'verify:rooms', 'verify:unused'],
    ...['verify:docs', 'verify:playbooks', 'verify:generated'],
  ],
] as const;

/** Runs an npm script; what it says comes at once when it has ended. @returns whether it passed */
async function run(script: string): Promise<boolean> {
  const startedAt = Date.now();
  const child = spawn('npm', ['run', '--silent', script], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  process.stdout.write(Buffer.concat(said));
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${script} (${((Date.now() - startedAt) / 1_000).toFixed(0)} s)`);
  return code === 0;
}

let [passed, failed] = [0, 0];
await Promise.all(
  LANES.map(async (lane) => {
    for (const script of lane) {
      if (await run(script)) passed += 1;
      else failed += 1;
    }
  }),
);
const tests = await runSuites(suites);
conclude({ passed: passed + tests.passed, failed: failed + tests.failed });
