import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { incidentWorkflowId, type IncidentId } from '../../contracts/ids.ts';
import { taskQueues } from '../../contracts/queues.ts';
import { ENGINE_VERSION, type IncidentInput } from '../../contracts/messages.ts';
import { migrate } from '../../ledger/migrate.ts';
import { openLedger } from '../../ledger/open.ts';
import { digestOf, planOf } from '../../test/support/plan-sketch.ts';
import { freePort } from '../../test/support/free-port.ts';
import { startTestTemporal } from '../../test/support/temporal.ts';
import { initCluster, startPostgres } from '../../worker/dev-stack/postgres.ts';
import type { EffectCounts } from '../../contracts/effects.ts';
import type { Ledger, NewRow } from '../../ledger/ports.ts';
import type { Plan } from '../../contracts/plan.ts';
import type { RolloutWorkerOrder, RolloutWorkerSays } from './rollout-worker.ts';

const WORKER = fileURLToPath(new URL('rollout-worker.ts', import.meta.url));
const CACHE = fileURLToPath(new URL('../../.firebreak/bundles', import.meta.url));
const MB = 1024 * 1024;

/** What a rollout of that many targets came to. */
export interface RolloutRun {
  readonly targets: number;
  readonly counts: EffectCounts;
  /** From the start of the incident to its end. */
  readonly seconds: number;
  readonly secondsPerTarget: number;
  /** Events of the rollout's runs and of the incident, together. */
  readonly events: number;
  readonly eventsPerTarget: number;
  /** Resident memory of the worker: when it was ready, the most, and the medians of the second and last quarter. */
  readonly rssMb: { readonly ready: number; readonly most: number; readonly early: number; readonly late: number };
}

function planWith(page: number, window: number): Plan {
  return planOf([
    { id: 'scope', uses: 'credentials.list', with: { from: 'secrets-store' } },
    {
      ...{ id: 'contain', uses: 'credentials.revoke', needs: ['scope'], reads: ['scope'], timeoutMs: 120_000 },
      forEach: 'steps.scope.dataset',
      rollout: { first: [], canary: 0, page, window },
    },
    { id: 'close', uses: 'incident.close', needs: ['contain'] },
  ]);
}

function* rowsOf(targets: number): Generator<NewRow> {
  for (let index = 0; index < targets; index += 1)
    yield {
      subject: `target-${String(index).padStart(8, '0')}`,
      attributes: { issuer: 'own', kind: 'user', hint: `hf_...${index % 10_000}` },
      sealed: {},
    };
}

/** A worker process, and what it said of its memory. */
function startWorker(order: RolloutWorkerOrder): {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly rss: number[];
} {
  const rss: number[] = [];
  const child = fork(WORKER, {
    execArgv: ['--import=tsx'],
    env: { ...process.env, ROLLOUT_WORKER: JSON.stringify(order) },
  });
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', ({ rssBytes }: RolloutWorkerSays) => {
      rss.push(rssBytes / MB);
      resolve();
    });
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
  return { child, ready, rss };
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

function memoryOf(rss: readonly number[]): RolloutRun['rssMb'] {
  const quarter = Math.ceil(rss.length / 4);
  return {
    ready: Math.round(rss[0] ?? 0),
    most: Math.round(Math.max(...rss)),
    early: Math.round(median(rss.slice(quarter, 2 * quarter))),
    late: Math.round(median(rss.slice(-quarter))),
  };
}

/** Events of every run of the incident and its children. */
async function eventsOf(client: Client, incident: IncidentId): Promise<number> {
  const id = incidentWorkflowId(incident);
  let events = 0;
  for await (const { workflowId, runId } of client.workflow.list()) {
    if (workflowId !== id && !workflowId.startsWith(`${id}/`)) continue;
    const { historyLength } = await client.workflow.getHandle(workflowId, runId).describe();
    events += historyLength;
  }
  return events;
}

async function openIncident(ledger: Ledger, plan: Plan): Promise<IncidentId> {
  const planHash = digestOf(plan);
  await ledger.documents.putPlan({ plan, planHash, documents: {} });
  const request = { key: 'bench', requestHash: planHash, mode: 'live', playbook: 'bench', planHash } as const;
  const { incident } = await ledger.incidents.open({ ...request, requester: 'bench', inputs: {}, roles: {} });
  return incident;
}

/**
 * Runs one rollout of a connector that does nothing over `targets` targets: fresh PostgreSQL (fsync on), Temporal server
 * in memory, one worker process. The dataset is written before the clock starts.
 *
 * @param options - `page` rows a page (default 500), `window` pages in flight (default 4).
 */
export async function runRollout(
  targets: number,
  { page = 500, window = 4 }: { readonly page?: number; readonly window?: number } = {},
): Promise<RolloutRun> {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-rollout-'));
  chmodSync(folder, 0o711); // where the server becomes another user, it must pass through
  const dataDir = join(folder, 'data');
  await initCluster(dataDir);
  const postgres = await startPostgres({ dataDir, port: await freePort() });
  await migrate(postgres.url);
  const key = randomBytes(32);
  const ledger = await openLedger({ url: postgres.url, keyEncryptionKey: key, opens: ['secrets'] });
  const plan = planWith(page, window);
  const incident = await openIncident(ledger, plan);
  const { dataset } = await ledger.datasets.write(
    { incident, step: 'scope', visit: 1 },
    { dataset: { kind: 'credentials', rows: rowsOf(targets) } },
  );
  const { address } = await startTestTemporal();
  const order = { temporal: address, database: postgres.url, key: key.toString('hex'), cache: CACHE };
  const worker = startWorker({ ...order, dataset: dataset! });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  try {
    await worker.ready;
    const input: IncidentInput = {
      ...{ incident, mode: 'live', engineVersion: ENGINE_VERSION, plan, planHash: digestOf(plan) },
      ...{ inputs: {}, requester: 'bench', roles: {} },
    };
    const startedAt = performance.now();
    await client.workflow.execute('incident', {
      ...{ workflowId: incidentWorkflowId(incident), taskQueue: taskQueues.engine, args: [input] },
    });
    const seconds = (performance.now() - startedAt) / 1_000;
    const events = await eventsOf(client, incident);
    const counts = await ledger.effects.counts(incident, 'credentials.revoke');
    return {
      ...{ targets, counts, seconds, secondsPerTarget: seconds / targets },
      ...{ events, eventsPerTarget: events / targets, rssMb: memoryOf(worker.rss) },
    };
  } finally {
    if (worker.child.connected) worker.child.disconnect(); // one that died says itself why
    await connection.close();
    await ledger.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
