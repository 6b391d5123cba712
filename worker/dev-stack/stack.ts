import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { CodedError } from '../../contracts/errors.ts';
import { migrate } from '../../ledger/migrate.ts';
import { registerSearchAttributes } from '../search-attributes.ts';
import { answersOk, startChild, type RunningChild } from './child.ts';
import { findTemporal } from './find-temporal.ts';
import { initCluster, postgresUrl, startPostgres, type RunningPostgres } from './postgres.ts';
import type { RunFile } from './run-file.ts';
import { Supervised, type Service } from './supervisor.ts';
import { startTemporal, useTemporal, type RunningTemporal } from './temporal.ts';
import type { StackHome } from './home.ts';
import type { StackPorts } from './ports.ts';

/** What a stack's own processes are started with. */
export interface StackConfiguration {
  /** Path of `firebreak.yaml`. */
  readonly path: string;
  /** Secrets that it refers to, for the processes' environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A stack to bring up. */
export interface StackOptions {
  readonly home: StackHome;
  /** Taken already: this launcher owns the folder. */
  readonly runFile: RunFile;
  readonly ports: StackPorts;
  /** Folder that a fetched Temporal CLI and workflow bundles are kept in; may be shared by stacks. */
  readonly cache: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Begins with an empty database and an empty Temporal; somebody else's are never emptied. */
  readonly fresh?: boolean;
  /** Makes what the configuration needs; runs beside the servers. */
  configuration(): Promise<StackConfiguration>;
  /** Takes one line for each part that is up, and for each that had to be started again. */
  readonly say: (line: string) => void;
}

/** A stack that answers. */
export interface RunningStack {
  readonly urls: {
    readonly gateway: string;
    readonly postgres: string;
    /** `host:port` of Temporal's gRPC door. */
    readonly temporal: string;
    /** Temporal's web UI; absent where the server is somebody else's. */
    readonly ui?: string;
    readonly worker: string;
  };
  /** Process id of the present worker; `undefined` while a killed one is replaced. */
  workerPid(): number | undefined;
  /** How often a worker ended unasked. */
  crashes(): number;
  /** Ends everything in order: doors, workers (they drain), Temporal, PostgreSQL. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

/** The parts that are processes, in the order in which they end: doors, workers (they drain), Temporal, PostgreSQL. */
const STOP_ORDER = ['gateway', 'worker', 'temporal', 'postgres'] as const;
type Part = (typeof STOP_ORDER)[number];

const DATABASE = 'firebreak';
const DATABASE_URL = 'FIREBREAK_DATABASE_URL';
const NAMESPACE = 'default';
const DUPLICATE_DATABASE = '42P04';
const MAIN = join(import.meta.dirname, '../main.ts');
const WORKER_DRAINS_WITHIN_MS = 35_000; // the worker itself gives up after 30 s
const GATEWAY_CLOSES_WITHIN_MS = 10_000;

async function createDatabase(server: RunningPostgres, fresh: boolean): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    if (fresh) await client.query(`drop database if exists ${DATABASE} with (force)`);
    await client.query(`create database ${DATABASE}`);
  } catch (error) {
    if ((error as { code?: unknown }).code !== DUPLICATE_DATABASE) throw error;
  } finally {
    await client.end();
  }
}

/** Everything that one bring-up shares. */
class Bringing {
  readonly options: StackOptions;
  readonly #services: Supervised<Service>[] = [];
  #isOver = false;

  constructor(options: StackOptions) {
    this.options = options;
  }

  /** Keeps a part of the stack running, and its process id in the run file. */
  async keep<Running extends Service>(
    name: Part,
    start: (spawned: { readonly onSpawn: (pid: number) => void; readonly signal: AbortSignal }) => Promise<Running>,
  ): Promise<Supervised<Running>> {
    if (this.#isOver) throw new CodedError('STACK_CHILD_FAILED', `${name} was not wanted any more`);
    const { runFile, say, ports } = this.options;
    const entry = { name, port: ports[name], signal: name === 'postgres' ? ('SIGINT' as const) : ('SIGTERM' as const) };
    const onSpawn = (pid: number): void => runFile.add({ ...entry, pid });
    const service = new Supervised<Running>({ name, say, start: (signal) => start({ onSpawn, signal }) });
    this.#services.push(service);
    await service.start();
    return service;
  }

  /** Ends everything in order, and lets nothing start any more. */
  async stop(): Promise<void> {
    this.#isOver = true;
    for (const service of this.#inStopOrder()) await service.stop();
    this.options.runFile.remove();
  }

  /** Ends everything at once. */
  kill(): void {
    this.#isOver = true;
    for (const { current } of this.#inStopOrder()) if (current?.pid !== undefined) process.kill(current.pid, 'SIGKILL');
  }

  #inStopOrder(): readonly Supervised<Service>[] {
    return STOP_ORDER.flatMap((part) => this.#services.filter(({ name }) => name === part));
  }
}

async function bringPostgres(bringing: Bringing): Promise<{ readonly url: string }> {
  const { home, ports, say, environment, fresh = false } = bringing.options;
  const own = environment[DATABASE_URL];
  if (own !== undefined && own !== '') {
    await migrate(own);
    say('database    FIREBREAK_DATABASE_URL');
    return { url: own };
  }
  await initCluster(home.postgres);
  const { current: server } = await bringing.keep('postgres', ({ onSpawn }) =>
    startPostgres({ dataDir: home.postgres, port: ports.postgres, onSpawn }),
  );
  await createDatabase(server!, fresh);
  const url = server!.urlOf(DATABASE);
  await migrate(url);
  say(`PostgreSQL  ${url}`);
  return { url };
}

/** A database of an earlier version, and somebody else's server, may lack search attributes that workflows need. */
async function prepareNamespace(address: string): Promise<void> {
  const connection = await Connection.connect({ address });
  await registerSearchAttributes(new Client({ connection, namespace: NAMESPACE })).finally(() => connection.close());
}

async function bringTemporal(bringing: Bringing): Promise<RunningTemporal> {
  const { home, ports, say, environment, cache, fresh = false } = bringing.options;
  const existing = environment['TEMPORAL_ADDRESS'];
  if (existing !== undefined && existing !== '') {
    const server = await useTemporal(existing, NAMESPACE);
    await prepareNamespace(existing);
    say(`Temporal    ${existing} (TEMPORAL_ADDRESS: nothing is started)`);
    return server;
  }
  if (fresh) for (const ending of ['', '-shm', '-wal']) rmSync(`${home.temporalDatabase}${ending}`, { force: true });
  const { path, version, source } = await findTemporal({ folder: join(cache, 'temporal'), environment, say });
  const { current } = await bringing.keep('temporal', ({ onSpawn }) =>
    startTemporal({
      onSpawn,
      binary: path,
      port: ports.temporal,
      database: home.temporalDatabase,
      uiPort: ports.ui,
      codecEndpoint: `http://127.0.0.1:${ports.gateway}/codec`,
    }),
  );
  const server = current!;
  await prepareNamespace(server.address);
  say(`Temporal    ${server.address}, UI ${server.uiUrl ?? ''} (${version}, from ${source})`);
  return server;
}

/** Starts a process of ours; it waits by itself for servers that are not up yet. */
async function bringProcess(
  bringing: Bringing,
  name: 'worker' | 'gateway',
  { path, environment: secrets }: StackConfiguration,
): Promise<Supervised<RunningChild>> {
  const { home, ports, cache, environment, say } = bringing.options;
  const url = `http://127.0.0.1:${ports[name]}`;
  const supervised = await bringing.keep(name, ({ onSpawn, signal }) =>
    startChild({
      ...{ name, onSpawn, signal },
      entry: MAIN,
      args: [name, '--config', path, ...(name === 'worker' ? ['--cache', cache] : ['--bundles', home.bundles])],
      environment: { [DATABASE_URL]: postgresUrl(ports.postgres, DATABASE), ...environment, ...secrets },
      log: join(home.logs, `${name}.log`),
      isReady: () => answersOk(`${url}/readyz`),
      stopWithinMs: name === 'worker' ? WORKER_DRAINS_WITHIN_MS : GATEWAY_CLOSES_WITHIN_MS,
    }),
  );
  say(`${name.padEnd(11)} ${url}`);
  return supervised;
}

/**
 * Brings up PostgreSQL, Temporal, one worker for all queues and the gateway, all on loopback and all at once: our own
 * processes wait for the servers by themselves. Whatever ends unasked is started again.
 *
 * @throws STACK_ codes, LEDGER_ codes; whatever had been started is ended again.
 */
export async function upStack(options: StackOptions): Promise<RunningStack> {
  const bringing = new Bringing(options);
  const { ports } = options;
  try {
    const servers = Promise.all([bringPostgres(bringing), bringTemporal(bringing)]);
    const processes = options
      .configuration()
      .then((configuration) =>
        Promise.all([
          bringProcess(bringing, 'worker', configuration),
          bringProcess(bringing, 'gateway', configuration),
        ]),
      );
    const [[postgres, temporal], [worker]] = await Promise.all([servers, processes]);
    return {
      urls: {
        gateway: `http://127.0.0.1:${ports.gateway}`,
        worker: `http://127.0.0.1:${ports.worker}`,
        postgres: postgres.url,
        temporal: temporal.address,
        ...(temporal.uiUrl === undefined ? {} : { ui: temporal.uiUrl }),
      },
      workerPid: () => worker.current?.pid,
      crashes: () => worker.crashes,
      stop: () => bringing.stop(),
      kill: () => bringing.kill(),
    };
  } catch (error) {
    await bringing.stop();
    throw error;
  }
}
