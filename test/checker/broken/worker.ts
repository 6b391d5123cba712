/**
 * A worker of the product with one part replaced by a broken one: `FIREBREAK_BROKEN` names which. For tests of the checker
 * only; the product itself has no such switch.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { blindRepeat } from './blind-repeat.ts';
import { claimAfterSend } from './claim-after-send.ts';
import { leaseIgnored } from './lease-ignored.ts';
import { undecided } from './undecided.ts';
import { compose, ledgerOf } from '../../../worker/compose.ts';
import { frameProcess } from '../../../worker/process-frame.ts';
import { parseQueues } from '../../../worker/capability-set.ts';
import { runWorkers } from '../../../worker/worker-process.ts';
import { workflowBundle } from '../../../worker/bundle.ts';
import type { Ledger } from '../../../ledger/ports.ts';

const LEDGERS: Readonly<Record<string, (ledger: Ledger, url: string) => Ledger>> = {
  'claim-after-send': claimAfterSend,
  'lease-ignored': leaseIgnored,
  'blind-repeat': blindRepeat,
  undecided, // and the workflows of that name: one of the two alone acts on nothing
};

const { values } = parseArgs({
  allowPositionals: true,
  options: { config: { type: 'string' }, cache: { type: 'string' } },
});
const [broken = '', bundle] = (process.env['FIREBREAK_BROKEN'] ?? '').split(':');
const queues = parseQueues('engine,actions,privileged,mail');
const frame = await frameProcess({ name: 'worker', configPath: values.config!, environment: process.env, queues });
const breakLedger = LEDGERS[broken];
await runWorkers(
  { ...frame, queues, cache: values.cache! },
  {
    compose: (options) =>
      compose(options, async (...from) => {
        const ledger = await ledgerOf(...from);
        return breakLedger ? breakLedger(ledger, process.env['FIREBREAK_DATABASE_URL'] ?? '') : ledger;
      }),
    bundleOf: async (folder) =>
      bundle === undefined ? workflowBundle(folder) : { code: await readFile(bundle, 'utf8') },
  },
);
process.exit();
