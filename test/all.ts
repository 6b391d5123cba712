/**
 * All tests: `npm test [-- SUITE...]`. Ends with the plain line `N passed, N failed`.
 */
import { conclude, runSuites, suites } from './run-suites.ts';

const asked = process.argv.slice(2);
conclude(await runSuites(asked.length > 0 ? asked : suites));
