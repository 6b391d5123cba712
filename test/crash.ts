/**
 * Everything that kills: `npm run test:crash [-- --all]`. With `--all` in the sizes that the promises name, which takes an
 * hour or more; else as CI runs it. `FIREBREAK_SEED` repeats what was drawn.
 */
import { conclude, runSuites, suites } from './run-suites.ts';

if (process.argv.includes('--all')) process.env['FIREBREAK_CRASH_ALL'] = '1';
conclude(await runSuites(['faults', ...suites.filter((name) => name.startsWith('crash'))]));
