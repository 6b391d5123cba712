import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { compose, type Composition } from '../../../worker/compose.ts';
import { encryptingConverter, payloadCodec } from '../../../worker/data-converter.ts';
import { freePort } from '../../support/free-port.ts';
import { migrate } from '../../../ledger/migrate.ts';
import { openLedger } from '../../../ledger/open.ts';
import { readConfig } from '../../../worker/config.ts';
import { secretReader } from '../../../worker/secrets.ts';
import { initCluster, type RunningPostgres } from '../../../worker/dev-stack/postgres.ts';
import { mortalPostgres, mortalTemporal, type Mortal } from '../../faults/processes.ts';
import type { RunningTemporal } from '../../../worker/dev-stack/temporal.ts';
import { taskQueues } from '../../../contracts/queues.ts';
import { TEST_DOOR_PEM, testDoor } from '../../support/decision-proofs.ts';
import { temporalBinary } from '../../support/temporal.ts';
import { workflowBundle } from '../../../worker/bundle.ts';
import { Outside, STAFF } from './outside.ts';
import type { Ledger } from '../../../ledger/ports.ts';

const CONNECTIONS = 'max_connections=500'; // sixteen hands with a pool of the ledger's and two of an issuer's each
const CARELESS = ['fsync=off', 'full_page_writes=off']; // where no server is killed
const CACHE = resolve(import.meta.dirname, '../../../.firebreak/bundles'); // shared with the stack: built once a content

/** One stack for all cells: Temporal, PostgreSQL, the outside world, and in this process the workflows of every slot. */
export interface GridStack {
  readonly outside: Outside;
  /** Opens every class. */
  readonly ledger: Ledger;
  readonly temporal: Mortal<RunningTemporal>;
  readonly postgres: Mortal<RunningPostgres>;
  /** Ed25519, PKCS #8 PEM. */
  readonly signingKeyPem: string;
  /** A folder of its own. */
  readonly folder: string;
  /** Path of `firebreak.yaml`, and the environment that it refers to. */
  readonly config: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Client of a slot's namespace. */
  client(namespace: string): Client;
  close(): Promise<void>;
}

/** What a stack is for. */
export interface StackOptions {
  /** One a slot: no slot is handed another's work. */
  readonly namespaces: readonly string[];
  /** Servers that keep everything on disk, and no engine in this process: workers are for the test to start. */
  readonly isMortal?: boolean;
  /** Every piece to and from the mail server waits that long. */
  readonly mailLatencyMs?: number;
  /** Folder on whose disk the database lies; default the stack's own. */
  readonly disk?: string;
  /** Further settings of the database, `name=value`. */
  readonly settings?: readonly string[];
}

let isQuiet = false;

/** The SDK says nothing below an error; once a process, before its first use. */
function beQuiet(): void {
  if (!isQuiet) Runtime.install({ logger: new DefaultLogger('ERROR') });
  isQuiet = true;
}

/** Starts the stack. */
export async function startGridStack({
  namespaces,
  isMortal = false,
  mailLatencyMs,
  disk,
  settings = [],
}: StackOptions): Promise<GridStack> {
  beQuiet();
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-grid-'));
  chmodSync(folder, 0o711); // where the database server becomes another user, it must pass through
  const dataDir = join(disk ?? folder, 'data');
  await initCluster(dataDir);
  const [postgres, temporal, bundle] = await Promise.all([
    mortalPostgres({
      dataDir,
      port: await freePort(),
      settings: [CONNECTIONS, ...(isMortal ? [] : CARELESS), ...settings],
    }),
    mortalTemporal({
      ...{ binary: await temporalBinary(), port: await freePort(), namespaces, timeSkipping: isMortal },
      ...(isMortal ? { database: join(folder, 'temporal.db') } : {}),
    }),
    workflowBundle(CACHE),
  ]);
  const database = postgres.running.url;
  await migrate(database);
  const outside = await Outside.start(database, mailLatencyMs);
  const signingKeyPem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const environment = {
    ...outside.environment,
    GRID_DATABASE: database,
    GRID_ENCRYPTION: randomBytes(32).toString('base64'),
    GRID_PAYLOAD: randomBytes(32).toString('base64'),
    GRID_SIGNING: signingKeyPem,
    GRID_DECISIONS: TEST_DOOR_PEM,
  };
  const path = await writeConfig(folder, temporal.running, outside);
  const config = await readConfig(path);
  const secrets = secretReader(environment, () => undefined);
  const [composition, ledger] = await Promise.all([
    compose({
      ...{ config, secrets, queues: ['engine'], log: pino({ level: 'silent' }) },
      ...{ scrub: (text: string) => text, observe: () => undefined },
    }),
    openLedger({
      url: database,
      keyEncryptionKey: Buffer.from(environment.GRID_ENCRYPTION, 'base64'),
      opens: ['secrets', 'people'],
    }),
  ]);
  const dataConverter = encryptingConverter(payloadCodec(secrets, config.keys.payload));
  const [native, connection] = await Promise.all([
    NativeConnection.connect({ address: temporal.running.address }),
    Connection.connect({ address: temporal.running.address }),
  ]);
  const engines = await startEngines(
    isMortal ? [] : namespaces,
    { connection: native, dataConverter, workflowBundle: bundle },
    composition,
  );
  return {
    ...{ outside, ledger, temporal, postgres, signingKeyPem, folder, environment },
    config: path,
    client: (namespace) => new Client({ connection, namespace, dataConverter }),
    close: async () => {
      for (const { worker } of engines) worker.shutdown();
      await Promise.allSettled(engines.map(({ run }) => run));
      await Promise.allSettled([
        native.close(),
        connection.close(),
        composition.close(),
        ledger.close(),
        outside.close(),
      ]);
      await Promise.all([temporal.stop(), postgres.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function writeConfig(folder: string, temporal: RunningTemporal, outside: Outside): Promise<string> {
  const ids = await outside.slackIds();
  const people = join(folder, 'people.yaml');
  const staff = STAFF.map((id) => ({
    ...{ id, name: id, address: `${id}@staff.example.org`, roles: ['commander'] },
    slack: ids.get(id),
  }));
  writeFileSync(people, stringify({ people: staff, apiKeys: [] }));
  const path = join(folder, 'firebreak.yaml');
  const configuration = {
    database: { url: 'env:GRID_DATABASE' },
    temporal: { address: temporal.address },
    keys: {
      ...{ encryption: 'env:GRID_ENCRYPTION', payload: 'env:GRID_PAYLOAD', signing: 'env:GRID_SIGNING' },
      ...{ decisions: 'env:GRID_DECISIONS', decisionsPublic: [testDoor.publicKey] },
    },
    http: { port: 0 },
    people,
    playbooks: [folder],
    connectors: outside.connectors,
  };
  writeFileSync(path, stringify(configuration));
  return path;
}

interface Engine {
  readonly worker: Worker;
  readonly run: Promise<void>;
}

/** Workflows and the engine's own activities of every slot. */
async function startEngines(
  namespaces: readonly string[],
  common: Pick<Parameters<typeof Worker.create>[0], 'connection' | 'dataConverter' | 'workflowBundle'>,
  { activities }: Composition,
): Promise<readonly Engine[]> {
  return Promise.all(
    namespaces.map(async (namespace) => {
      const worker = await Worker.create({
        ...common,
        ...{ namespace, activities: activities.engine, taskQueue: taskQueues.engine },
        maxConcurrentActivityTaskPolls: 2,
        maxConcurrentWorkflowTaskPolls: 2,
        maxCachedWorkflows: 20,
      });
      return { worker, run: worker.run() };
    }),
  );
}
