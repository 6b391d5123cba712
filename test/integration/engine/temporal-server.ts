import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Connection } from '@temporalio/client';
import { freePort } from '../../support/free-port.ts';

/** Search attributes of the workflows, as the server must know them before anything starts. */
const SEARCH_ATTRIBUTES = {
  FbIncident: 'Keyword',
  FbPlaybook: 'Keyword',
  FbPlaybookHash: 'Keyword',
  FbSeverity: 'Keyword',
  FbPhase: 'Keyword',
  FbMode: 'Keyword',
  FbTrigger: 'Keyword',
  FbDetectedAt: 'Datetime',
  FbNextDeadline: 'Datetime',
  FbWaitingOn: 'KeywordList',
  FbAffected: 'Int',
} as const;

/** Without these a sequential step costs 50 ms (facts/temporal, the latency key). */
const TUNED = [
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'frontend.WorkflowTimeSkippingEnabled=true',
];

const UP_WITHIN_MS = 30_000; // a loaded 2-core machine needs more than the SDK's own 5 s

/** A Temporal server on loopback, in memory. */
export interface TestServer {
  readonly address: string;
  readonly namespaces: readonly string[];
  stop(): Promise<void>;
}

function binary(): string {
  const found = [process.env['FIREBREAK_TEMPORAL_CLI'], '/tmp/tb/bin/temporal'].find(
    (path) => path !== undefined && existsSync(path),
  );
  if (found === undefined) throw new Error('no Temporal CLI: set FIREBREAK_TEMPORAL_CLI to the binary');
  return found;
}

/** Starts a server with time skipping allowed and the search attributes known, and waits until it answers. */
export async function startServer(namespaces: readonly string[]): Promise<TestServer> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const server = spawn(
    binary(),
    [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--headless', '--log-level', 'never'],
      ...namespaces.flatMap((name) => ['--namespace', name]),
      ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
      ...TUNED.flatMap((pair) => ['--dynamic-config-value', pair]),
    ],
    { stdio: 'ignore' },
  );
  process.once('exit', () => server.kill('SIGKILL'));
  await answers(address, namespaces, server);
  return { address, namespaces, stop: () => stop(server) };
}

async function answers(address: string, namespaces: readonly string[], server: ChildProcess): Promise<void> {
  const deadline = Date.now() + UP_WITHIN_MS;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1_000 });
      for (const namespace of namespaces) await connection.workflowService.describeNamespace({ namespace });
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > deadline || server.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function stop(server: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
}
