/**
 * All tests: `npm test [-- SUITE...]`. Ends with the plain line `N passed, N failed`.
 */
import { runSuite, suites } from './run-suites.ts';

const asked = process.argv.slice(2);
let [passed, failed] = [0, 0];
for (const suite of asked.length > 0 ? asked : suites) {
  const tally = await runSuite(suite);
  console.log(`test/${suite}: ${tally.passed} passed, ${tally.failed} failed in ${tally.seconds.toFixed(0)} s\n`);
  passed += tally.passed;
  failed += tally.failed;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
