import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { stringify } from 'yaml';
import { Client, Connection } from '@temporalio/client';
import { DEMO_STAFF } from '../../demo/people.ts';
import { Api } from '../../demo/api.ts';
import { migrate } from '../../ledger/migrate.ts';
import { temporalBinary } from '../support/temporal.ts';
import { answersOk, startChild } from '../../worker/dev-stack/child.ts';
import { freePorts } from '../../worker/dev-stack/ports.ts';
import { initCluster, postgresUrl, startPostgres } from '../../worker/dev-stack/postgres.ts';
import { prepareHome, writePeople, type StackHome } from '../../worker/dev-stack/home.ts';
import { registerSearchAttributes } from '../../worker/search-attributes.ts';
import { startTemporal } from '../../worker/dev-stack/temporal.ts';
import { Supervised, type Service } from '../../worker/dev-stack/supervisor.ts';
import { freeze } from './freeze.ts';
import type { Blow } from './draw-run.ts';
import type { JsonObject } from '../../contracts/json.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'worker/main.ts');
const TEXTS = join(ROOT, 'playbooks/library/texts');
const DATABASE = 'firebreak';
const HEARTBEAT_TIMEOUT_MS = 1_500; // the shortest in use: what a dead worker held is taken over soon
const STOPPED_FOR_MS = 6_000; // heartbeat timeout and the wait before a retry: another attempt is at work when it goes on
const WORKERS = 2; // while one is stopped the other takes over

/** What a stack is brought up with. */
export interface ChaosStackOptions {
  /** Folder for data, keys and logs; made anew. */
  readonly folder: string;
  readonly connectors: object;
  /** Playbooks by name. */
  readonly playbooks: ReadonlyMap<string, JsonObject>;
  /** Secrets that `connectors` refers to. */
  readonly environment: Readonly<Record<string, string>>;
  /** TypeScript file of the workers' program; without it the product's own. */
  readonly worker?: string;
  readonly say: (line: string) => void;
}

/** A stack of real parts that can be hit. */
export interface ChaosStack {
  as(person: string): Api;
  readonly anchors: string;
  /** Kills, or stops and continues, one part; whatever was killed is started again by itself. */
  strike(blow: Blow): void;
  stop(): Promise<void>;
}

function writeConfiguration(home: StackHome, ports: readonly number[], options: ChaosStackOptions): string[] {
  const [, temporal, gateway, ...workers] = ports as [number, number, number, ...number[]];
  const library = join(home.folder, 'playbooks');
  mkdirSync(library, { recursive: true });
  cpSync(TEXTS, join(library, 'texts'), { recursive: true });
  for (const [name, playbook] of options.playbooks)
    writeFileSync(join(library, `${name}.yaml`), stringify(playbook, { aliasDuplicateObjects: false }));
  return workers.map((metrics, index) => {
    const file = join(home.folder, `worker-${index}.yaml`);
    const configuration = {
      database: { url: 'env:FIREBREAK_DATABASE_URL' },
      temporal: { address: `127.0.0.1:${temporal}` },
      keys: home.keys,
      http: { host: '127.0.0.1', port: gateway },
      metrics: { host: '127.0.0.1', port: metrics },
      people: home.people,
      playbooks: [library],
      anchors: join(home.folder, 'anchors.jsonl'),
      heartbeatTimeoutMs: HEARTBEAT_TIMEOUT_MS,
      connectors: options.connectors,
    };
    writeFileSync(file, stringify(configuration), { mode: 0o600 });
    return file;
  });
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${DATABASE}`).finally(() => client.end());
}

/** Brings up PostgreSQL, Temporal with its data on disk, two workers and a gateway, each kept running by a supervisor. */
export async function upChaosStack(options: ChaosStackOptions): Promise<ChaosStack> {
  const { folder, say, environment } = options;
  const home = prepareHome(folder);
  const keys = writePeople(home, DEMO_STAFF);
  const ports = await freePorts(3 + WORKERS);
  const [postgresPort, temporalPort, gatewayPort] = ports as [number, number, number];
  const configs = writeConfiguration(home, ports, options);
  const services = new Map<string, Supervised<Service>>();
  const keep = async (name: string, start: (signal: AbortSignal) => Promise<Service>): Promise<void> => {
    const service = new Supervised({ name, say, start });
    services.set(name, service);
    await service.start();
  };
  const child = (name: string, entry: string, kind: string, config: string, port: number) =>
    keep(name, (signal) =>
      startChild({
        ...{ name, entry, signal },
        args: [
          ...[kind, '--config', config],
          ...(kind === 'worker' ? ['--cache', join(ROOT, '.firebreak')] : ['--bundles', home.bundles]),
        ],
        environment: {
          ...process.env,
          ...environment,
          NODE_ENV: 'test',
          FIREBREAK_DATABASE_URL: postgresUrl(postgresPort, DATABASE),
        },
        log: join(home.logs, `${name}.log`),
        isReady: () => answersOk(`http://127.0.0.1:${port}/readyz`),
        stopWithinMs: 5_000,
      }),
    );
  /** A test that ran out of time ends the process: nothing may outlive it. */
  const killAll = (): void => {
    for (const { current } of services.values()) {
      try {
        if (current?.pid !== undefined) process.kill(current.pid, 'SIGKILL');
      } catch {
        // it has ended already
      }
    }
  };
  process.once('exit', killAll);
  const stop = async (): Promise<void> => {
    for (const service of [...services.values()].reverse()) await service.stop();
    process.off('exit', killAll);
  };
  try {
    const binary = await temporalBinary();
    await Promise.all([
      initCluster(home.postgres).then(() =>
        keep('postgres', () => startPostgres({ dataDir: home.postgres, port: postgresPort })),
      ),
      keep('temporal', () => startTemporal({ binary, port: temporalPort, database: home.temporalDatabase })),
    ]);
    await createDatabase(postgresUrl(postgresPort, 'postgres'));
    await migrate(postgresUrl(postgresPort, DATABASE));
    const connection = await Connection.connect({ address: `127.0.0.1:${temporalPort}` });
    await registerSearchAttributes(new Client({ connection })).finally(() => connection.close());
    await child('gateway', MAIN, 'gateway', configs[0]!, gatewayPort);
    await Promise.all(
      configs.map((config, index) =>
        child(`worker-${index}`, options.worker ?? MAIN, 'worker', config, ports[3 + index]!),
      ),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  let struck = 0;
  const pidOf = (name: string): number | undefined => services.get(name)?.current?.pid;
  return {
    anchors: join(folder, 'anchors.jsonl'),
    as: (person) => new Api(`http://127.0.0.1:${gatewayPort}`, keys.get(person) ?? ''),
    strike: (blow) => {
      const part = blow.endsWith('-worker') ? `worker-${(struck += 1) % WORKERS}` : blow.slice('kill-'.length);
      const pid = pidOf(part);
      say(`${blow} ${pid === undefined ? 'finds nobody' : part}`);
      if (pid === undefined) return;
      if (blow === 'stop-worker') freeze(pid, STOPPED_FOR_MS);
      else process.kill(pid, 'SIGKILL');
    },
    stop,
  };
}
