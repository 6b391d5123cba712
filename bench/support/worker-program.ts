import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { atEdge, type Activity } from '../../worker/activity-edge.ts';
import { createEngineActivities } from '../../activities/engine/activities.ts';
import { digestOf } from '../../activities/effects/effect-key.ts';
import { EncryptingCodec } from '../../worker/codec.ts';
import { encryptingConverter } from '../../worker/data-converter.ts';
import { fileAnchor } from '../../worker/anchors.ts';
import { openLedger } from '../../ledger/open.ts';
import { runPage } from '../../activities/effect-runner.ts';
import { taskQueues } from '../../contracts/queues.ts';
import type { Connector } from '../../activities/port.ts';
import type { Ledger } from '../../ledger/ports.ts';
import type { PageCall } from '../../contracts/effects.ts';
import type { WorkerOrder } from './bench-worker.ts';

const PARAMS = digestOf('no-op');
const BATCH = 100;
const none = (): void => undefined;

/** Does nothing to a hundred targets a call; `applyMs`: and takes that long. */
function noop(applyMs: number): Connector {
  return {
    ...{ name: 'no-op', effect: 'idempotent', effectDelayMaxMs: 0, longestRequestMs: 1_000 + applyMs },
    ...{ checks: false, notifiesOwner: false, reversible: true, needsRawValue: false, endsSessions: false },
    batch: { max: BATCH, concurrency: 4 },
    apply: async (targets) => {
      if (applyMs > 0) await sleep(applyMs);
      return targets.map(({ row }) => ({ subject: row.subject, state: 'accepted' as const, receipt: {} }));
    },
  };
}

/** The engine's own activities on a real ledger, a step and a page that do nothing, and the bare step beside them. */
function activitiesOn(ledger: Ledger, anchors: string, applyMs: number): Record<string, Activity> {
  const connector = noop(applyMs);
  const engine = createEngineActivities({
    ledger,
    gated: () => ({ traits: connector, preview: undefined }),
    tell: (_call, people) => Promise.resolve(people),
    card: () => Promise.resolve(),
    assess: () => Promise.resolve({ obligations: [], clocks: [] }),
    anchors: [fileAnchor(anchors)],
    doors: [],
    personKey: () => undefined,
  });
  const acts = {
    'facts.set': () => Promise.resolve({ outputs: {} }),
    'credentials.revoke': (call: PageCall) => runPage(call, { ledger, connector, paramsHash: () => PARAMS }),
  };
  const edge = { journal: ledger.journal, scrub: (text: string) => text, log: console.error, observe: none };
  const edged = Object.entries({ ...engine, ...acts } as unknown as Record<string, Activity>).map(
    ([name, activity]) => [name, atEdge(edge, activity)] as const,
  );
  return { ...Object.fromEntries(edged), bareStep: () => Promise.resolve({ outputs: {} }) };
}

/** The same, without a ledger behind them. */
function activitiesOnNothing(): Record<string, Activity> {
  const head = { seq: 1, hash: '' };
  const answers = {
    ...{ 'engine.record': head, 'engine.anchor': head, 'engine.setState': head },
    ...{ 'facts.set': { outputs: {} }, bareStep: { outputs: {} } },
  };
  return Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, () => Promise.resolve(answer)]));
}

/** Polls the queues of engine and pages, sized as the product's worker sizes them, until the parent lets go. */
async function work({ temporal, anchors, database, key, payloadKey, bundle, ...how }: WorkerOrder): Promise<void> {
  Runtime.install({ logger: { log: none, trace: none, debug: none, info: none, warn: none, error: console.error } });
  const keyEncryptionKey = Buffer.from(key, 'hex');
  const ledger = await openLedger({ url: database, keyEncryptionKey, opens: ['secrets'] });
  const connection = await NativeConnection.connect({ address: temporal });
  const common = {
    ...{ connection, shutdownGraceTime: 0 },
    activities: how.unjournalled === true ? activitiesOnNothing() : activitiesOn(ledger, anchors, how.applyMs ?? 0),
    ...{ maxHeartbeatThrottleInterval: '2s' as const },
    dataConverter: encryptingConverter(new EncryptingCodec([Buffer.from(payloadKey, 'hex')])),
  };
  const workers = await Promise.all([
    Worker.create({
      ...{ ...common, taskQueue: taskQueues.engine, workflowBundle: { codePath: bundle } },
      ...{ maxCachedWorkflows: 200, maxConcurrentWorkflowTaskExecutions: 40, maxConcurrentActivityTaskExecutions: 50 },
    }),
    Worker.create({ ...common, taskQueue: taskQueues.privileged, maxConcurrentActivityTaskExecutions: 8 }),
  ]);
  process.once('disconnect', () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  });
  const runs = workers.map((worker) => worker.run());
  process.send?.('ready');
  await Promise.all(runs);
  await ledger.close();
  await connection.close();
}

await work(JSON.parse(process.env['FIREBREAK_BENCH_WORKER'] ?? '{}') as WorkerOrder);
