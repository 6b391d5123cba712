/**
 * Everything that kills: `npm run test:crash [-- --all]`. With `--all` in the sizes that the promises name, which takes an
 * hour or more; else as CI runs it. `FIREBREAK_SEED` repeats what was drawn.
 */
import { runSuite, suites } from './run-suites.ts';

if (process.argv.includes('--all')) process.env['FIREBREAK_CRASH_ALL'] = '1';
let [passed, failed] = [0, 0];
for (const suite of ['faults', ...suites.filter((name) => name.startsWith('crash'))]) {
  const tally = await runSuite(suite);
  console.log(`test/${suite}: ${tally.passed} passed, ${tally.failed} failed in ${tally.seconds.toFixed(0)} s\n`);
  passed += tally.passed;
  failed += tally.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
