import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import pg from 'pg';
import { EncryptingCodec } from '../../worker/codec.ts';
import { encryptingConverter, FAILURE_CONVERTER_PATH } from '../../worker/data-converter.ts';
import { freePort } from '../../test/support/free-port.ts';
import { initCluster, startPostgres, type RunningPostgres } from '../../worker/dev-stack/postgres.ts';
import { migrate } from '../../ledger/migrate.ts';
import { openLedger } from '../../ledger/open.ts';
import { startBenchWorker, type BenchWorker, type WorkerOrder } from './bench-worker.ts';
import { startTestTemporal } from '../../test/support/temporal.ts';
import type { Ledger } from '../../ledger/ports.ts';

/** A ledger on a database of its own. */
export interface House {
  readonly ledger: Ledger;
  readonly url: string;
  /** Key-encryption key. */
  readonly key: Buffer;
}

const WORKFLOWS = fileURLToPath(new URL('./workflows.ts', import.meta.url));

/**
 * What benchmarks run on, all of it on loopback and started when it is first asked for: PostgreSQL with `fsync` on (durable
 * means durable), a Temporal server in memory, worker processes. Whoever opens it closes it.
 */
export class Stand {
  /** Tells a person how far it is. */
  readonly say: (line: string) => void;
  /** File that journal heads are appended to. */
  readonly anchors: string;
  readonly #folder: string;
  readonly #payloadKey = randomBytes(32);
  readonly #open: (() => Promise<void>)[] = [];
  #postgres: Promise<RunningPostgres> | undefined;
  #client: Promise<Client> | undefined;
  #bundle: Promise<string> | undefined;
  #databases = 0;
  #runs = 0;

  constructor(say: (line: string) => void) {
    this.say = say;
    this.#folder = mkdtempSync(join(tmpdir(), 'firebreak-bench-'));
    this.anchors = join(this.#folder, 'anchors.jsonl');
    chmodSync(this.#folder, 0o711); // where the server becomes another user, it must pass through
  }

  /** A ledger on a fresh database, with the keys of both classes. */
  async house(): Promise<House> {
    const postgres = await (this.#postgres ??= this.#startPostgres());
    this.#databases += 1;
    const name = `bench_${this.#databases}`;
    const session = new pg.Client({ connectionString: postgres.url });
    await session.connect();
    await session.query(`create database ${name}`);
    await session.end();
    const url = postgres.urlOf(name);
    await migrate(url);
    const key = randomBytes(32);
    const ledger = await openLedger({ url, keyEncryptionKey: key, opens: ['secrets', 'people'] });
    this.#open.push(() => ledger.close());
    return { ledger, url, key };
  }

  /** A client of the Temporal server; it encrypts what it sends, as every process of the product does. */
  client(): Promise<Client> {
    return (this.#client ??= this.#connect());
  }

  /** Starts a worker process on a ledger. It ends with the stand, if not before. */
  async worker(house: House, order: Pick<WorkerOrder, 'applyMs' | 'unjournalled'> = {}): Promise<BenchWorker> {
    const { address } = await startTestTemporal();
    const worker = await startBenchWorker({
      ...order,
      ...{ temporal: address, anchors: this.anchors, database: house.url, key: house.key.toString('hex') },
      ...{ payloadKey: this.#payloadKey.toString('hex'), bundle: await (this.#bundle ??= this.#build()) },
    });
    this.#open.push(() => worker.stop());
    return worker;
  }

  /** A number that no other run of this stand has: for ids. */
  nextRun(): number {
    this.#runs += 1;
    return this.#runs;
  }

  /** Ends everything that was started, the newest first. */
  async close(): Promise<void> {
    for (const close of this.#open.toReversed()) await close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startPostgres(): Promise<RunningPostgres> {
    this.say('starting PostgreSQL');
    const dataDir = join(this.#folder, 'data');
    mkdirSync(this.#folder, { recursive: true });
    await initCluster(dataDir);
    const postgres = await startPostgres({ dataDir, port: await freePort() });
    this.#open.unshift(() => postgres.stop());
    return postgres;
  }

  async #connect(): Promise<Client> {
    this.say('starting Temporal');
    const server = await startTestTemporal();
    const connection = await Connection.connect({ address: server.address });
    this.#open.push(() => connection.close());
    return new Client({ connection, dataConverter: encryptingConverter(new EncryptingCodec([this.#payloadKey])) });
  }

  /** The product's workflows and the bare ones, built as the product's worker builds them. */
  async #build(): Promise<string> {
    this.say('building the workflow bundle');
    const { code } = await bundleWorkflowCode({
      workflowsPath: WORKFLOWS,
      failureConverterPath: FAILURE_CONVERTER_PATH,
      preloadModules: ['@marcbachmann/cel-js'],
      logger: new DefaultLogger('ERROR'),
    });
    const file = join(this.#folder, 'workflows.js');
    await writeFile(file, code);
    return file;
  }
}
