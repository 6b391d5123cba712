import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { FAILURE_CONVERTER_PATH } from './data-converter.ts';

const WORKFLOWS = fileURLToPath(new URL('../workflows/', import.meta.url));
const CONTRACTS = fileURLToPath(new URL('../contracts/', import.meta.url));
const LOCK = fileURLToPath(new URL('../package-lock.json', import.meta.url));
/** Loaded once into the context that workflows share, so that an incident's start does not pay for it. */
const PRELOADED = ['@marcbachmann/cel-js'];

async function sourcesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(folder, name));
}

/** Hash of everything that goes into the bundle: sources, packages, and how it is built. */
async function contentHash(): Promise<string> {
  const files = [
    ...(await sourcesOf(WORKFLOWS)),
    ...(await sourcesOf(CONTRACTS)),
    FAILURE_CONVERTER_PATH,
    fileURLToPath(import.meta.url),
    LOCK,
  ];
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

/**
 * The workflow bundle, built once for each content and kept in a folder: a worker starts in a fraction of a second.
 *
 * @param folder - where bundles are kept.
 */
export async function workflowBundle(folder: string): Promise<Pick<WorkflowBundleWithSourceMap, 'code'>> {
  const file = join(folder, `workflows-${await contentHash()}.js`);
  if (existsSync(file)) return { code: await readFile(file, 'utf8') };
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(WORKFLOWS, 'index.ts'),
    failureConverterPath: FAILURE_CONVERTER_PATH,
    preloadModules: PRELOADED,
    logger: new DefaultLogger('ERROR'),
  });
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, code);
  await rename(draft, file); // whole or not at all: two workers may build at once
  return { code };
}
