import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { initCluster, startPostgres, type RunningPostgres } from '../../worker/dev-stack/postgres.ts';
import { freePort } from './free-port.ts';

/** A PostgreSQL for tests. */
export interface TestPostgres {
  readonly server: RunningPostgres;
  /** URL of a new empty database. */
  freshDatabase(): Promise<string>;
  stop(): Promise<void>;
}

let shared: Promise<TestPostgres> | undefined;

async function start(): Promise<TestPostgres> {
  const root = mkdtempSync(join(tmpdir(), 'firebreak-pg-'));
  const dataDir = join(root, 'data');
  initCluster(dataDir);
  const server = await startPostgres({
    dataDir,
    port: await freePort(),
    settings: ['fsync=off', 'full_page_writes=off'],
  });
  process.once('exit', () => {
    try {
      process.kill(server.pid, 'SIGQUIT');
    } catch {
      // it has ended already
    }
    rmSync(root, { recursive: true, force: true });
  });
  return {
    server,
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
