import { resolve } from 'node:path';
import { findTemporal } from '../../worker/dev-stack/find-temporal.ts';
import { startTemporal } from '../../worker/dev-stack/temporal.ts';
import { freePort } from './free-port.ts';

/** A Temporal server for tests. */
export interface TestTemporal {
  readonly address: string;
  /** Ends the server at once; without it, it ends with the process. */
  stop(): Promise<void>;
}

const FETCHED = resolve(import.meta.dirname, '../../.firebreak/temporal');

/** Path of the CLI that tests use; the same search as the launcher's. */
export async function temporalBinary(): Promise<string> {
  const { path } = await findTemporal({
    folder: FETCHED,
    environment: process.env,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  return path;
}

async function start(timeSkipping: boolean): Promise<TestTemporal> {
  const server = await startTemporal({ binary: await temporalBinary(), port: await freePort(), timeSkipping });
  process.once('exit', () => {
    try {
      if (server.pid !== undefined) process.kill(server.pid, 'SIGKILL');
    } catch {
      // it has ended already
    }
  });
  return { address: server.address, stop: () => server.stop() };
}

const shared = new Map<boolean, Promise<TestTemporal>>();

/**
 * The Temporal server of this mocha process, in memory: started at the first call, ended with the process. It knows the
 * search attributes of the workflows.
 *
 * @param options - `timeSkipping`: a second server, on which workflows may skip time.
 */
export function startTestTemporal({
  timeSkipping = false,
}: { readonly timeSkipping?: boolean } = {}): Promise<TestTemporal> {
  const server = shared.get(timeSkipping) ?? start(timeSkipping);
  shared.set(timeSkipping, server);
  return server;
}
