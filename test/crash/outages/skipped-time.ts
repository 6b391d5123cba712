import { setTimeout as sleep } from 'node:timers/promises';
import proto from '@temporalio/proto';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { Client } from '@temporalio/client';

const LOOK_EVERY_MS = 50;
const SKIPS_MAX = 100_000; // waits of a few seconds, for hours

/**
 * Lets the clock of one workflow run ahead: the server runs its timers out as soon as nothing is in flight.
 *
 * @param forMs - the workflow's own time that has to pass.
 * @param meanwhile - done at every look.
 * @param withinMs - real time that it may take.
 * @returns how far the workflow's clock really went.
 */
export async function skipTime(
  client: Client,
  workflowId: string,
  { forMs, withinMs, meanwhile }: { readonly forMs: number; readonly withinMs: number; meanwhile(): Promise<void> },
): Promise<number> {
  const from = await clockOf(client, workflowId);
  const deadline = Date.now() + withinMs;
  await configure(client, workflowId, true);
  try {
    for (;;) {
      await meanwhile();
      const passedMs = (await clockOf(client, workflowId)) - from;
      if (passedMs >= forMs) return passedMs;
      if (Date.now() > deadline) throw new Error(`the workflow's clock moved ${passedMs} ms of ${forMs}`);
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    await configure(client, workflowId, false);
  }
}

async function configure(client: Client, workflowId: string, enabled: boolean): Promise<void> {
  await client.workflowService.updateWorkflowExecutionOptions({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    workflowExecutionOptions: { timeSkippingConfig: { enabled, maxSessionSkipCount: SKIPS_MAX } },
    updateMask: { paths: ['time_skipping_config'] },
  });
}

/** Time of the last event in the newest run: the workflow's own clock. */
async function clockOf(client: Client, workflowId: string): Promise<number> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    ...{ namespace: client.options.namespace, execution: { workflowId }, maximumPageSize: 1 },
  });
  return tsToMs(proto.temporal.api.history.v1.HistoryEvent.create(history?.events?.[0] ?? {}).eventTime);
}
