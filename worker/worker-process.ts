import { join } from 'node:path';
import { inspect } from 'node:util';
import { NativeConnection, Runtime, Worker, type LogMetadata, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { taskQueues, type QueueName } from '../contracts/queues.ts';
import type { Activity } from './activity-edge.ts';
import { workflowBundle } from './bundle.ts';
import { checkTemporal, createClient } from './client.ts';
import { compose, type Composition, type CompositionOptions } from './compose.ts';
import { encryptingConverter, payloadCodec } from './data-converter.ts';
import { freePorts } from './dev-stack/ports.ts';
import { serveHealth, type HealthServer } from './health-server.ts';
import { Metrics } from './metrics.ts';
import { patiently } from './patiently.ts';
import { startReconciler } from './reconciler.ts';
import { PROBE_QUEUE_PREFIX, selfTest, type ProbeWorker } from './self-test.ts';
import { reportToWatchdog } from './watchdog/reporter.ts';
import type { Config } from './config.ts';
import type { ProcessFrame } from './process-frame.ts';

const SHUTDOWN_GRACE = '20s'; // a page returns within 30 s of its start; what is on the wire finishes
const SHUTDOWN_FORCE = '30s'; // then the attempt is given up and another worker takes the page over
const CACHED_WORKFLOWS = 200;
const WORKFLOW_TASKS_AT_ONCE = 40;
const HEARTBEAT_EVERY = '2s'; // longest time until a cancellation is seen

/** Activities at a time by queue: a page holds connections of its own. */
const ACTIVITIES_AT_ONCE: Readonly<Record<QueueName, number>> = { engine: 50, actions: 20, privileged: 8, mail: 8 };

/** What a worker is made of: the product's own parts; whoever examines it puts others in their place. */
export interface WorkerParts {
  readonly compose: (options: CompositionOptions) => Promise<Composition>;
  /** Workflow code, built or kept in a folder. */
  readonly bundleOf: (folder: string) => Promise<{ readonly code: string }>;
}

const PARTS: WorkerParts = { compose: (options) => compose(options), bundleOf: workflowBundle };

/** A worker process beyond its frame. */
export interface WorkerProcess extends ProcessFrame {
  readonly queues: readonly QueueName[];
  /** Folder that the workflow bundle is kept in. */
  readonly cache: string;
}

function optionsOf(
  queue: QueueName,
  activities: Readonly<Record<string, Activity>>,
  { workflowBundle: bundle, ...common }: ProbeWorker & { readonly namespace: string },
): WorkerOptions {
  const runsWorkflows = queue === 'engine';
  return {
    ...common,
    taskQueue: taskQueues[queue],
    identity: `firebreak-${queue}@${process.pid}`,
    activities,
    maxConcurrentActivityTaskExecutions: ACTIVITIES_AT_ONCE[queue],
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
    maxHeartbeatThrottleInterval: HEARTBEAT_EVERY,
    ...(runsWorkflows
      ? {
          workflowBundle: bundle,
          maxCachedWorkflows: CACHED_WORKFLOWS,
          maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASKS_AT_ONCE,
        }
      : {}),
  };
}

async function serve(
  { metrics: place }: Config,
  metrics: Metrics,
  { ledger }: Composition,
  workers: readonly Worker[],
): Promise<HealthServer | undefined> {
  if (!place) return undefined;
  return serveHealth(place.host, place.port, {
    isReady: async () =>
      workers.every((worker) => worker.getState() === 'RUNNING') &&
      (await ledger.ping().then(
        () => true,
        () => false,
      )),
    metrics: () => metrics.text(),
  });
}

/** Installs the native runtime once: its signals drain the workers, its warnings go to our log, its metrics to a port. */
async function installRuntime(log: Logger): Promise<Metrics> {
  const [port] = await freePorts(1);
  const sdk = `127.0.0.1:${port ?? 0}`;
  Runtime.install({
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    logger: warningsTo(log),
    telemetryOptions: { metrics: { prometheus: { bindAddress: sdk, countersTotalSuffix: true } } },
  });
  return new Metrics(sdk);
}

/** Reaches Temporal and proves the codec; what comes back is what every worker is made with. */
async function connect(
  { config, secrets, log, queues, cache }: WorkerProcess,
  bundleOf: WorkerParts['bundleOf'],
): Promise<ProbeWorker> {
  const client = createClient(config, secrets);
  await patiently(log, () => checkTemporal(client, config));
  const [connection, bundle] = await Promise.all([
    NativeConnection.connect({ address: config.temporal.address }),
    bundleOf(join(cache, 'bundles')),
  ]);
  const dataConverter = encryptingConverter(payloadCodec(secrets, config.keys.payload));
  const made = { connection, dataConverter, workflowBundle: bundle };
  await selfTest(client, queues.includes('engine') ? made : undefined);
  await client.connection.close();
  return made;
}

/**
 * Runs workers for some queues until the process is told to end; then drains: nothing new is claimed, what is on the wire
 * is settled.
 *
 * @throws STACK_CODEC_OPEN, LEDGER_ and CONFIG_ codes; whatever made a worker end by itself.
 */
export async function runWorkers(process_: WorkerProcess, parts: WorkerParts = PARTS): Promise<void> {
  const { config, secrets, scrubber, queues, log } = process_;
  const metrics = await installRuntime(log);
  const [composition, common] = await Promise.all([
    patiently(log, () =>
      parts.compose({
        ...{ config, secrets, queues, log },
        scrub: (text) => scrubber.scrub(text),
        observe: (activity, seconds, code) => metrics.observe(activity, seconds, code),
      }),
    ),
    connect(process_, parts.bundleOf),
  ]);
  const { namespace } = config.temporal;
  const polled = queues.filter((queue) => queue === 'engine' || Object.keys(composition.activities[queue]).length > 0);
  for (const queue of queues.filter((name) => !polled.includes(name)))
    log.warn({ queue }, 'no connector of this queue is configured; it is not polled');
  const workers = await Promise.all(
    polled.map((queue) => Worker.create(optionsOf(queue, composition.activities[queue], { ...common, namespace }))),
  );
  const reporter = reporterOf(process_, composition, common);
  const reconciler = queues.includes('engine')
    ? startReconciler(createClient(config, secrets), composition, log)
    : undefined;
  composition.listen();
  const runs = workers.map((worker) => worker.run());
  const health = await serve(config, metrics, composition, workers);
  log.info({ queues: polled, ready: true }, 'the worker polls');
  try {
    await Promise.all(runs);
  } finally {
    await Promise.allSettled([
      reporter?.stop(),
      reconciler?.stop(),
      health?.close(),
      composition.close(),
      common.connection.close(),
    ]);
  }
  log.info('drained');
}

/** A worker of the engine's queue tells the watchdog what is due, and that the engine answers. */
function reporterOf(
  { config: { watchdog, temporal }, secrets, queues, log }: WorkerProcess,
  { ledger }: Composition,
  { connection }: ProbeWorker,
): { stop(): Promise<void> } | undefined {
  if (!watchdog || !queues.includes('engine')) return undefined;
  const askEngine = (): Promise<unknown> =>
    connection.workflowService.describeNamespace({ namespace: temporal.namespace });
  return reportToWatchdog({ url: watchdog.url, token: secrets(watchdog.token), ledger, askEngine, log });
}

/** The SDK's own messages, from warnings upwards; the self-test's probe always fails, and nobody needs to hear of it. */
function warningsTo(log: Logger): NonNullable<Parameters<typeof Runtime.install>[0]['logger']> {
  const none = (): void => undefined;
  const isProbes = (meta: LogMetadata | undefined): boolean => inspect(meta).includes(PROBE_QUEUE_PREFIX);
  const tell =
    (level: 'warn' | 'error') =>
    (message: string, meta?: LogMetadata): void => {
      if (!isProbes(meta)) log[level]({ from: 'temporal' }, message);
    };
  const [warn, error] = [tell('warn'), tell('error')];
  return {
    log: (level, message, meta) => (level === 'ERROR' ? error : level === 'WARN' ? warn : none)(message, meta),
    ...{ trace: none, debug: none, info: none, warn, error },
  };
}
