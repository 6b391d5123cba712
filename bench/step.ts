/**
 * What does a sequential step cost that does nothing outside, against a bare Temporal activity step in the same run?
 *
 *   npm run bench:step [-- --json] [--steps N]
 *
 * Two workflows on one server and one worker: the engine interpreting a plan of N steps, each needing the one before, and a
 * bare workflow that calls the same no-op activity N times. Pairs alternate; the median of their ratios counts.
 */
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { ENGINE_VERSION, type IncidentInput } from '../contracts/messages.ts';
import { incidentId, type Digest } from '../contracts/ids.ts';
import { taskQueues } from '../contracts/queues.ts';
import type { Plan, PlanStep } from '../contracts/plan.ts';
import { startTestTemporal } from '../test/support/temporal.ts';

const PAIRS = 5;
const QUIET = {
  log: () => undefined,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

function stepOf(index: number): PlanStep {
  return {
    id: `s${index}`,
    scope: '',
    uses: 'facts.set',
    shape: 'single',
    title: 'Nothing',
    queue: 'engine',
    needs: index === 0 ? [] : [{ step: `s${index - 1}` }],
    reads: [],
    readsFacts: [],
    with: {},
    timeoutMs: 10_000,
    retry: { max: 1, firstMs: 1_000, factor: 2, capMs: 20_000 },
    onFailure: 'halt',
    onUnknown: 'report',
    texts: {},
    tags: [],
  };
}

function planOf(steps: number): Plan {
  return {
    format: 1,
    playbook: { name: 'bench', title: 'Bench', version: 1, tlp: 'CLEAR', tags: {} },
    roles: {},
    limits: {},
    amendments: {},
    scopes: [{ id: '', playbook: 'bench', version: 1, inputsSchema: '0'.repeat(64) as Digest }],
    steps: Array.from({ length: steps }, (_, index) => stepOf(index)),
  };
}

const done = (): Promise<object> => Promise.resolve({ outputs: {} });
const activities = {
  'facts.set': done,
  'engine.record': () => Promise.resolve({ seq: 1, hash: '' }),
  'engine.anchor': () => Promise.resolve({ seq: 1, hash: '' }),
  'engine.setState': () => Promise.resolve(),
  bareStep: done,
};

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)]!;
}

/** The two forms that are compared. */
function contenders(
  client: Client,
  steps: number,
): { readonly engine: () => Promise<unknown>; readonly bare: () => Promise<unknown> } {
  let number = 0;
  const start = (type: string, args: readonly unknown[]): Promise<unknown> =>
    client.workflow.execute(type, {
      workflowId: `bench-${(number += 1)}`,
      taskQueue: taskQueues.engine,
      args: [...args],
    });
  const engine = (): Promise<unknown> => {
    const input: IncidentInput = {
      incident: incidentId('DRL', 2026, number + 1),
      mode: 'drill',
      engineVersion: ENGINE_VERSION,
      plan: planOf(steps),
      planHash: '0'.repeat(64) as Digest,
      inputs: {},
      requester: 'bench',
      roles: {},
    };
    return start('incident', [input]);
  };
  const bare = (): Promise<unknown> => start('bareSteps', [steps]);
  return { engine, bare };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, steps: { type: 'string', default: '100' } },
  });
  const steps = Number(values.steps);
  Runtime.install({ logger: QUIET });
  const server = await startTestTemporal();
  const { code } = await bundleWorkflowCode({
    workflowsPath: new URL('./step-workflows.ts', import.meta.url).pathname,
    logger: QUIET,
  });
  const connection = await NativeConnection.connect({ address: server.address });
  const worker = await Worker.create({
    connection,
    taskQueue: taskQueues.engine,
    workflowBundle: { code },
    activities,
  });
  const client = new Client({ connection: await Connection.connect({ address: server.address }) });
  const { engine, bare } = contenders(client, steps);
  const pairs = await worker.runUntil(async () => {
    await bare();
    await engine(); // warm-up of both
    const measured: { readonly bareMs: number; readonly engineMs: number }[] = [];
    for (let pair = 0; pair < PAIRS; pair += 1)
      measured.push({ bareMs: (await timed(bare)) / steps, engineMs: (await timed(engine)) / steps });
    return measured;
  });
  await client.connection.close();
  await connection.close();
  await server.stop();
  const result = {
    steps,
    bareMsPerStep: median(pairs.map(({ bareMs }) => bareMs)),
    engineMsPerStep: median(pairs.map(({ engineMs }) => engineMs)),
    ratio: median(pairs.map(({ bareMs, engineMs }) => engineMs / bareMs)),
  };
  console.log(
    values.json
      ? JSON.stringify(result)
      : `${steps} sequential steps, median of ${PAIRS} pairs: bare ${result.bareMsPerStep.toFixed(1)} ms, engine ${result.engineMsPerStep.toFixed(1)} ms a step, ratio ${result.ratio.toFixed(2)} (at most 1.5)`,
  );
  if (result.ratio > 1.5) process.exitCode = 1;
}

await main();
