import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { Worker, type NativeConnection } from '@temporalio/worker';
import { ApplicationFailure, type DataConverter } from '@temporalio/common';
import { CodedError } from '../contracts/errors.ts';
import type { ProbeActivities } from '../workflows/probe.ts';

const { temporal } = proto; // the package is CommonJS

/** Queues of probe workflows: each its own. */
export const PROBE_QUEUE_PREFIX = 'firebreak-probe-';

const MARK_BYTES = 16;
const ENDS_WITHIN = '30s';
const PROBE_FAILURE = 'PROBE'; // the failure's type, which is never encrypted: shows that the failure is in the record
const { History } = temporal.api.history.v1;
const { DescribeWorkflowExecutionResponse } = temporal.api.workflowservice.v1;

/** What runs the probe, so that failures and timers are probed too; absent: only what a client sends is. */
export interface ProbeWorker {
  readonly connection: NativeConnection;
  readonly dataConverter: DataConverter;
  readonly workflowBundle: { readonly code: string };
}

/** The raw bytes of everything that the server keeps of a workflow: no codec between. */
async function rawRecord(client: Client, workflowId: string): Promise<Buffer> {
  const place = { namespace: client.options.namespace, execution: { workflowId } };
  const [{ history }, described] = await Promise.all([
    client.workflowService.getWorkflowExecutionHistory(place),
    client.workflowService.describeWorkflowExecution(place),
  ]);
  return Buffer.concat([
    History.encode(history ?? {}).finish(),
    DescribeWorkflowExecutionResponse.encode(described).finish(),
  ]);
}

const probeFailure: ProbeActivities['probeFailure'] = (mark) =>
  Promise.reject(ApplicationFailure.nonRetryable(mark, PROBE_FAILURE, mark));

async function runProbe(
  client: Client,
  options: { workflowId: string; taskQueue: string },
  mark: string,
): Promise<void> {
  await client.workflow.start('probe', {
    ...options,
    args: [mark],
    memo: { mark },
    staticSummary: mark,
    staticDetails: mark,
    workflowExecutionTimeout: ENDS_WITHIN,
  });
}

/**
 * Proves that nothing legible reaches Temporal: starts a probe workflow whose input, memo, summary, timer, activity and failure carry
 * a random mark, and looks for the mark in the raw history. Run at every start of a worker and of a gateway, before it does
 * anything else.
 *
 * @param worker - for processes that run workflows.
 * @throws STACK_CODEC_OPEN when the mark is found: the process must not go on.
 * @throws STACK_PROBE_FAILED when the probe did not run as it should, so that nothing is proven.
 */
export async function selfTest(client: Client, worker?: ProbeWorker): Promise<void> {
  const mark = randomBytes(MARK_BYTES).toString('hex');
  const name = randomBytes(MARK_BYTES / 2).toString('hex');
  const options = { workflowId: `probe/${name}`, taskQueue: `${PROBE_QUEUE_PREFIX}${name}` };
  const handle = client.workflow.getHandle(options.workflowId);
  if (worker) {
    const runner = await Worker.create({
      ...worker,
      namespace: client.options.namespace,
      taskQueue: options.taskQueue,
      maxCachedWorkflows: 2,
      activities: { probeFailure },
    });
    await runner.runUntil(async () => {
      await runProbe(client, options, mark);
      await handle.result().catch(() => undefined); // it always fails; that is what is looked at
    });
  } else {
    await runProbe(client, options, mark);
  }
  const record = await rawRecord(client, options.workflowId);
  if (!worker) await handle.terminate('probed');
  if (record.includes(mark))
    throw new CodedError('STACK_CODEC_OPEN', 'the mark of the probe workflow can be read in its raw history');
  if (worker && !record.includes(PROBE_FAILURE))
    throw new CodedError('STACK_PROBE_FAILED', 'the probe workflow did not fail as it should, so nothing is proven');
}
