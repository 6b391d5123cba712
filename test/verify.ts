/**
 * Everything that CI checks: `npm run verify`. Each check counts as one; all are run, so that all faults show at once. Ends
 * with the plain line `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { conclude, runSuites, suites } from './run-suites.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** npm scripts, in order: what is quick and often wrong first. */
const CHECKS = [
  'verify:types',
  'verify:format',
  'verify:lint',
  'verify:rooms',
  'verify:unused',
  'verify:docs',
  'verify:playbooks',
  'verify:generated',
];

let [passed, failed] = [0, 0];
for (const check of CHECKS) {
  const startedAt = Date.now();
  const { status } = spawnSync('npm', ['run', '--silent', check], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${check} (${((Date.now() - startedAt) / 1_000).toFixed(0)} s)`);
  if (status === 0) passed += 1;
  else failed += 1;
}
const tests = await runSuites(suites);
conclude({ passed: passed + tests.passed, failed: failed + tests.failed });
