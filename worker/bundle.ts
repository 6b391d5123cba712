import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodedError } from '../contracts/errors.ts';
import { FAILURE_CONVERTER_PATH } from './data-converter.ts';
import { RUNS_TYPESCRIPT } from './typescript-runner.ts';

const WORKFLOWS = fileURLToPath(new URL('../workflows/', import.meta.url));
const CONTRACTS = fileURLToPath(new URL('../contracts/', import.meta.url));
const LOCK = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const BUILDER = fileURLToPath(new URL('./build-bundle.ts', import.meta.url));

async function sourcesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(folder, name));
}

/** Hash of everything that goes into the bundle: sources, packages, and how it is built. */
async function contentHash(): Promise<string> {
  const sources = [...(await sourcesOf(WORKFLOWS)), ...(await sourcesOf(CONTRACTS))];
  const hash = createHash('sha256');
  for (const file of [...sources, FAILURE_CONVERTER_PATH, LOCK, BUILDER])
    hash.update(file).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

/** Builds in a process of its own: the bundler takes 150 MB that a worker would keep. */
function build(file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const child = spawn(process.execPath, [...RUNS_TYPESCRIPT, BUILDER, file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new CodedError('STACK_CHILD_FAILED', `the workflow bundle could not be built: ${said.trim()}`));
    });
  });
}

/**
 * The workflow bundle, built once for each content and kept in a folder: a worker starts in a fraction of a second.
 *
 * @param folder - where bundles are kept.
 * @throws STACK_CHILD_FAILED with what the bundler said.
 */
export async function workflowBundle(folder: string): Promise<{ readonly code: string }> {
  const file = join(folder, `workflows-${await contentHash()}.js`);
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    const draft = `${file}.${process.pid}`;
    await build(draft);
    await rename(draft, file); // whole or not at all: two workers may build at once
  }
  return { code: await readFile(file, 'utf8') };
}
