import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { CodedError } from '../../contracts/errors.ts';
import { searchAttributes } from '../../contracts/search-attributes.ts';
import { freePorts } from './ports.ts';

/** A Temporal server that answers. */
export interface RunningTemporal {
  /** `host:port` of its gRPC door. */
  readonly address: string;
  /** Process id; `undefined` for a server that is not ours. */
  readonly pid: number | undefined;
  /** Address of its web UI, where it has one. */
  readonly uiUrl: string | undefined;
  /** Resolves when the process has ended, whoever ended it; never for a server that is not ours. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000; // the SDK's own starter gives up after 5 s, too tight for a loaded machine
const LOOK_EVERY_MS = 50;
const STOP_WITHIN_MS = 10_000;
const TAIL_CHARACTERS = 2_000; // of what the server said last, for the message

/** The poll-rate keys take a step from 50 ms to 13; the others keep one node from throttling itself (facts: measured). */
const TUNED: Readonly<Record<string, string>> = {
  'matching.numTaskqueueReadPartitions': '1',
  'matching.numTaskqueueWritePartitions': '1',
  'frontend.namespaceRPS': '20000',
  'frontend.rps': '20000',
  'history.rps': '20000',
  'matching.rps': '20000',
  'history.transferProcessorMaxPollRPS': '2000',
  'history.timerProcessorMaxPollRPS': '2000',
};

/** Names of attribute types as the CLI takes them. */
const ATTRIBUTE_TYPES = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList', DATETIME: 'Datetime' } as const;

async function waitReady(
  address: string,
  namespaces: readonly string[],
  hasEnded: () => boolean,
  said: () => string,
): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline && !hasEnded()) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: '1s' });
      try {
        for (const namespace of namespaces) await connection.workflowService.describeNamespace({ namespace });
        return;
      } finally {
        await connection.close();
      }
    } catch {
      await pause(LOOK_EVERY_MS);
    }
  }
  const why = hasEnded() ? 'ended at once' : `did not answer within ${READY_WITHIN_MS / 1000} s`;
  throw new CodedError('STACK_TEMPORAL_FAILED', `the server at ${address} ${why}: ${said()}`);
}

/** How a server is started. */
export interface TemporalOptions {
  /** Path of the CLI. */
  readonly binary: string;
  readonly port: number;
  /** Default `default`. */
  readonly namespaces?: readonly string[];
  /** SQLite file that keeps everything; `undefined` for memory. */
  readonly database?: string;
  /** Port of the web UI; `undefined` for none. */
  readonly uiPort?: number;
  /** URL that the web UI sends payloads to for decoding. */
  readonly codecEndpoint?: string;
  /** Lets workflows skip time: tests and drills only. */
  readonly timeSkipping?: boolean;
  /** Told the process id at once, before the server is ready. */
  readonly onSpawn?: (pid: number) => void;
}

function argumentsOf(options: TemporalOptions, httpPort: number): readonly string[] {
  const { port, namespaces = ['default'], database, uiPort, codecEndpoint, timeSkipping = false } = options;
  const values = { ...TUNED, ...(timeSkipping ? { 'frontend.WorkflowTimeSkippingEnabled': 'true' } : {}) };
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'],
    ...['--http-port', String(httpPort)], // left to the server, it may take the port that it was given for the rest
    ...namespaces.flatMap((namespace) => ['--namespace', namespace]),
    ...(uiPort === undefined
      ? ['--headless']
      : ['--ui-port', String(uiPort), '--ui-ip', '127.0.0.1', '--ui-disable-news-fetch']),
    ...(codecEndpoint === undefined || uiPort === undefined ? [] : ['--ui-codec-endpoint', codecEndpoint]),
    ...(database === undefined
      ? []
      : ['--db-filename', database, '--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=FULL']),
    ...Object.entries(values).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
    ...Object.values(searchAttributes).flatMap(({ name, type }) => [
      '--search-attribute',
      `${name}=${ATTRIBUTE_TYPES[type]}`,
    ]),
  ];
}

/**
 * Starts a Temporal development server on loopback, in a process group of its own (a Ctrl-C does not reach it), and waits
 * until it answers. It does not keep this process alive: whoever starts it also stops it.
 *
 * @throws STACK_TEMPORAL_FAILED with what the server said last.
 */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const [httpPort] = await freePorts(1);
  const child = spawn(options.binary, argumentsOf(options, httpPort!), {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (child.pid !== undefined) options.onSpawn?.(child.pid);
  let tail = '';
  child.stderr.on('data', (chunk: Buffer) => (tail = (tail + chunk.toString('utf8')).slice(-TAIL_CHARACTERS)));
  const hasEnded = (): boolean => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      tail += error.message;
      resolve();
    });
  });
  const address = `127.0.0.1:${options.port}`;
  try {
    await waitReady(address, options.namespaces ?? ['default'], hasEnded, () => tail.trim().split('\n').at(-1) ?? '');
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  child.unref();
  const pipe: unknown = child.stderr;
  if (pipe instanceof Socket) pipe.unref();
  return {
    address,
    pid: child.pid,
    uiUrl: options.uiPort === undefined ? undefined : `http://127.0.0.1:${options.uiPort}`,
    ended,
    async stop() {
      if (hasEnded()) return;
      child.ref();
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** A server that somebody else runs: nothing is started. @throws STACK_TEMPORAL_FAILED when it does not answer. */
export async function useTemporal(address: string, namespace: string): Promise<RunningTemporal> {
  await waitReady(
    address,
    [namespace],
    () => false,
    () => `is it running, and does it have the namespace ${namespace}?`,
  );
  return {
    address,
    pid: undefined,
    uiUrl: undefined,
    ended: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}
