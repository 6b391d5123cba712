import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createEngineActivities } from '../../activities/engine/activities.ts';
import { runPage } from '../../activities/effect-runner.ts';
import { digestOf } from '../../activities/effects/effect-key.ts';
import { taskQueues } from '../../contracts/queues.ts';
import { openLedger } from '../../ledger/open.ts';
import { atEdge, type Activity } from '../../worker/activity-edge.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import type { Connector } from '../../activities/port.ts';
import type { PageCall } from '../../contracts/effects.ts';
import type { DatasetRef } from '../../contracts/dataset.ts';

/** What the process is told in `ROLLOUT_WORKER`: JSON. */
export interface RolloutWorkerOrder {
  readonly temporal: string;
  readonly database: string;
  /** Key-encryption key, hex. */
  readonly key: string;
  /** Folder that the workflow bundle is kept in. */
  readonly cache: string;
  /** Answer of `credentials.list`. */
  readonly dataset: DatasetRef;
}

/** What the process says of itself, every half second. */
export interface RolloutWorkerSays {
  readonly ready: boolean;
  readonly rssBytes: number;
}

const SAY_EVERY_MS = 500;
const PARAMS = digestOf('no-op');
const none = (): void => undefined;

/** Does nothing, at once, to a hundred targets a call. */
const noop: Connector = {
  name: 'no-op',
  effect: 'idempotent',
  ...{ checks: false, notifiesOwner: false, reversible: true, needsRawValue: false, endsSessions: false },
  effectDelayMaxMs: 0,
  longestRequestMs: 1_000,
  batch: { max: 100, concurrency: 4 },
  apply: (targets) =>
    Promise.resolve(targets.map(({ row }) => ({ subject: row.subject, state: 'accepted' as const, receipt: {} }))),
};

/** A worker of one process: engine and pages on a real ledger, with a connector that does nothing. */
async function work(order: RolloutWorkerOrder): Promise<void> {
  Runtime.install({ logger: { log: none, trace: none, debug: none, info: none, warn: none, error: console.error } });
  const ledger = await openLedger({
    url: order.database,
    keyEncryptionKey: Buffer.from(order.key, 'hex'),
    opens: ['secrets'],
  });
  const edge = { journal: ledger.journal, scrub: (text: string) => text, log: console.error, observe: none };
  const engine = createEngineActivities({
    ledger,
    gated: () => ({ traits: noop, preview: undefined }),
    tell: (_call, people) => Promise.resolve(people),
    card: () => Promise.resolve(),
    assess: () => Promise.resolve({ obligations: [], clocks: [] }),
    anchors: [],
    doors: [],
    personKey: () => undefined,
  });
  const acts: Readonly<Record<string, Activity>> = {
    'credentials.list': () => Promise.resolve({ outputs: { dataset: order.dataset, count: order.dataset.count } }),
    'credentials.revoke': (call: PageCall) => runPage(call, { ledger, connector: noop, paramsHash: () => PARAMS }),
    'incident.close': () => Promise.resolve({ outputs: {} }),
  };
  const edged = (given: Readonly<Record<string, unknown>>): Record<string, Activity> =>
    Object.fromEntries(Object.entries(given).map(([name, activity]) => [name, atEdge(edge, activity as Activity)]));
  const activities = { ...edged(engine as unknown as Record<string, unknown>), ...edged(acts) };
  const connection = await NativeConnection.connect({ address: order.temporal });
  const bundle = await workflowBundle(order.cache);
  const workers = await Promise.all(
    [taskQueues.engine, taskQueues.privileged, taskQueues.actions].map((taskQueue) =>
      Worker.create({
        ...{ connection, taskQueue, activities, shutdownGraceTime: 0 },
        ...(taskQueue === taskQueues.engine ? { workflowBundle: bundle, maxCachedWorkflows: 200 } : {}),
      }),
    ),
  );
  const say = (ready: boolean): void => {
    if (process.connected) process.send?.({ ready, rssBytes: process.memoryUsage().rss } satisfies RolloutWorkerSays);
  };
  const runs = workers.map((worker) => worker.run());
  say(true);
  const pulse = setInterval(() => say(true), SAY_EVERY_MS);
  process.once('disconnect', () => {
    for (const worker of workers) worker.shutdown();
  });
  await Promise.all(runs);
  clearInterval(pulse);
  await ledger.close();
  await connection.close();
}

await work(JSON.parse(process.env['ROLLOUT_WORKER'] ?? '{}') as RolloutWorkerOrder);
