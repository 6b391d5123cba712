import { createServer } from 'node:http';
import { join } from 'node:path';
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { taskQueues, type QueueName } from '../contracts/queues.ts';
import { compose, type Composition } from './compose.ts';
import { workflowBundle } from './bundle.ts';
import { encryptingConverter, payloadCodec } from './data-converter.ts';
import { secretReader } from './secrets.ts';
import type { Config } from './config.ts';

const SHUTDOWN_GRACE = '20s'; // a page returns within 30 s of its start; what is on the wire finishes
const SHUTDOWN_FORCE = '30s';
const CACHED_WORKFLOWS = 200;

/** Activities at a time by queue: a page holds connections of its own. */
const ACTIVITIES_AT_ONCE: Readonly<Record<QueueName, number>> = { engine: 50, actions: 20, privileged: 8, mail: 8 };

/** How a worker process is run. */
export interface WorkerProcess {
  readonly config: Config;
  readonly queues: readonly QueueName[];
  /** Folder for the workflow bundle. */
  readonly cache: string;
  readonly log: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

function optionsOf(
  queue: QueueName,
  composition: Composition,
  common: Partial<WorkerOptions>,
  bundle: { code: string },
): WorkerOptions {
  return {
    ...common,
    taskQueue: taskQueues[queue],
    identity: `firebreak-${queue}@${process.pid}`,
    activities: composition.activities[queue] as NonNullable<WorkerOptions['activities']>,
    maxConcurrentActivityTaskExecutions: ACTIVITIES_AT_ONCE[queue],
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
    maxHeartbeatThrottleInterval: '2s',
    ...(queue === 'engine'
      ? {
          workflowBundle: bundle,
          maxCachedWorkflows: CACHED_WORKFLOWS,
          maxConcurrentWorkflowTaskExecutions: 40,
          reuseV8Context: true,
        }
      : {}),
  };
}

/** Answers `/healthz` (the process lives) and `/readyz` (database answers, workers poll). */
function serveHealth({ config }: WorkerProcess, composition: Composition, workers: readonly Worker[]): void {
  const { metrics } = config;
  if (!metrics) return;
  createServer((request, response) => {
    const isReady = workers.every((worker) => worker.getState() === 'RUNNING');
    void composition.ledger.ping().then(
      () => response.writeHead(request.url === '/readyz' && !isReady ? 503 : 200).end(),
      () => response.writeHead(request.url === '/readyz' ? 503 : 200).end(),
    );
  }).listen(metrics.port, metrics.host);
}

/**
 * Runs workers for the given queues until the process is told to end; then drains: nothing new is claimed, what is on the
 * wire is settled.
 */
export async function runWorkers(process_: WorkerProcess): Promise<void> {
  const { config, queues, cache, log, environment } = process_;
  const secrets = secretReader(environment);
  Runtime.install({ shutdownSignals: ['SIGINT', 'SIGTERM'], logger: quiet(log) });
  const [composition, bundle, connection] = await Promise.all([
    compose(config, secrets, queues, log),
    workflowBundle(join(cache, 'bundles')),
    NativeConnection.connect({ address: config.temporal.address }),
  ]);
  const common = {
    connection,
    namespace: config.temporal.namespace,
    dataConverter: encryptingConverter(payloadCodec(secrets, config.keys.payload)),
  };
  const workers = await Promise.all(
    queues.map((queue) => Worker.create(optionsOf(queue, composition, common, bundle))),
  );
  serveHealth(process_, composition, workers);
  log.info({ queues, ready: true }, 'the worker polls');
  await Promise.all(workers.map((worker) => worker.run()));
  await composition.close();
  await connection.close();
}

/** The SDK's own messages, from warnings upwards. */
function quiet(log: Logger): NonNullable<Parameters<typeof Runtime.install>[0]['logger']> {
  const none = (): void => undefined;
  const warn = (message: string): void => log.warn({ from: 'temporal' }, message);
  const error = (message: string): void => log.error({ from: 'temporal' }, message);
  return {
    log: (level, message) => (level === 'ERROR' ? error(message) : level === 'WARN' ? warn(message) : undefined),
    trace: none,
    debug: none,
    info: none,
    warn,
    error,
  };
}
