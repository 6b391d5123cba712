import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { FAILURE_CONVERTER_PATH } from './data-converter.ts';

/** Builds the workflow bundle into the file named first on the command line. A process of its own: see bundle.ts. */

/** Loaded once into the context that workflows share, so that an incident's start does not pay for it. */
const PRELOADED = ['@marcbachmann/cel-js'];

const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
  failureConverterPath: FAILURE_CONVERTER_PATH,
  preloadModules: PRELOADED,
  logger: new DefaultLogger('ERROR'),
});
await writeFile(process.argv[2]!, code);
