import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { initCluster, startPostgres, type RunningPostgres } from '../../worker/dev-stack/postgres.ts';
import { freePort } from './free-port.ts';

/** A PostgreSQL for tests. */
export interface TestPostgres {
  readonly server: RunningPostgres;
  /** URL of the maintenance database; a superuser's. */
  readonly url: string;
  /** Makes an empty database. @returns its URL. */
  freshDatabase(): Promise<string>;
  /** Ends the server at once; without it, it ends with the process. */
  stop(): Promise<void>;
}

let shared: Promise<TestPostgres> | undefined;

async function start(): Promise<TestPostgres> {
  const root = mkdtempSync(join(tmpdir(), 'firebreak-pg-'));
  chmodSync(root, 0o711); // where the server becomes another user, it must pass through
  const dataDir = join(root, 'data');
  await initCluster(dataDir);
  const server = await startPostgres({
    dataDir,
    port: await freePort(),
    settings: ['fsync=off', 'full_page_writes=off'], // the machine does not lose power during a test
  });
  process.once('exit', () => {
    try {
      process.kill(server.pid, 'SIGQUIT');
    } catch {
      // it has ended already
    }
    rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  return {
    server,
    url: server.url,
    async freshDatabase() {
      const name = `t_${randomBytes(6).toString('hex')}`;
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return server.urlOf(name);
    },
    stop: () => server.stop(),
  };
}

/** The PostgreSQL of this mocha process: started at the first call, ended with the process. */
export function startTestPostgres(): Promise<TestPostgres> {
  return (shared ??= start());
}
