import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common/lib/failure.js';
import {
  getExternalWorkflowHandle,
  ParentClosePolicy,
  startChild,
  type ExternalWorkflowHandle,
} from '@temporalio/workflow';
import { childWorkflowId, type IncidentId } from '../contracts/ids.ts';
import { movedSignal, settledSignal } from './definitions.ts';
import { summaryOf } from './activities.ts';
import { taskQueues } from '../contracts/queues.ts';
import type { OutlastingInput, ObligationInput, RolloutInput } from '../contracts/messages.ts';

/** Children by workflow type, with what they are started with. */
export interface Children {
  rollout: RolloutInput;
  obligation: ObligationInput;
  outlasting: OutlastingInput;
}

/**
 * Starts a child that outlives this run and, if it must, this incident. One that is there already is the same one.
 *
 * @returns what became of it; `undefined` where an earlier run started it. Only for noticing that it was lost: results
 *   come by signal, which survives continue-as-new.
 */
export async function startOnce<Type extends keyof Children>(
  type: Type,
  workflowId: string,
  input: Children[Type],
  summary: string,
): Promise<{ readonly result: Promise<unknown> } | undefined> {
  try {
    const child = await startChild(type, {
      workflowId,
      args: [input],
      taskQueue: taskQueues.engine,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: summaryOf(summary),
    });
    return { result: child.result() };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

/** Tells a child something; one that has ended needs no telling. */
export async function tell(workflowId: string, send: (child: ExternalWorkflowHandle) => Promise<void>): Promise<void> {
  try {
    await send(getExternalWorkflowHandle(workflowId));
  } catch {
    // The child is gone: its report is on its way or has been taken.
  }
}

/** The workflow id of a duty's clock. */
export function clockId(incident: IncidentId, obligation: string): string {
  return childWorkflowId(incident, `clock-${obligation}`, 1);
}

/**
 * Starts new clocks, moves those whose times have changed, and ends those that no duty asks for any more.
 *
 * @param running - due times of the clocks that run, by obligation; kept up to date.
 */
export async function moveClocks(
  incident: IncidentId,
  clocks: readonly ObligationInput[],
  running: Record<string, string>,
): Promise<void> {
  for (const clock of clocks) {
    const id = clockId(incident, clock.obligation);
    const before = running[clock.obligation];
    running[clock.obligation] = clock.dueAt;
    if (before === undefined) await startOnce('obligation', id, clock, `clock of ${clock.title}`);
    else if (before !== clock.dueAt) {
      const { dueAt, remindAt } = clock;
      await tell(id, (child) => child.signal(movedSignal, { dueAt, remindAt }));
    }
  }
  for (const obligation of Object.keys(running)) {
    if (clocks.some((clock) => clock.obligation === obligation)) continue;
    Reflect.deleteProperty(running, obligation);
    await tell(clockId(incident, obligation), (child) => child.signal(settledSignal));
  }
}
