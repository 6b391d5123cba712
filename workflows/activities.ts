import {
  ActivityCancellationType,
  ApplicationFailure,
  proxyActivities,
  proxyLocalActivities,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { ActionCall, ActionResult, PageCall, PageResult } from '../contracts/effects.ts';
import type { EngineActivities } from '../contracts/engine-activities.ts';
import type { PlanStep } from '../contracts/plan.ts';
import type { StepError } from '../contracts/messages.ts';
import { taskQueues } from '../contracts/queues.ts';

const SUMMARY_MAX_CHARS = 200; // the server refuses more than 400 bytes
const HEARTBEAT_TIMEOUT_MS = 10_000; // a dead worker's page is taken over after this
const ENGINE_TIMEOUT_MS = 30_000;
const ENGINE_RETRY_CAP_MS = 20_000; // an outage ends within a minute

/** A line for the Temporal UI, cut to what the server takes. */
export function summaryOf(text: string): string {
  return text.length <= SUMMARY_MAX_CHARS ? text : `${text.slice(0, SUMMARY_MAX_CHARS - 3)}...`;
}

/** The engine's own activities: quick, repeatable, retried until they work. */
export function engineActivities(summary: string): EngineActivities {
  return proxyActivities<EngineActivities>({
    taskQueue: taskQueues.engine,
    startToCloseTimeout: ENGINE_TIMEOUT_MS,
    retry: { initialInterval: '500ms', maximumInterval: ENGINE_RETRY_CAP_MS },
    summary: summaryOf(summary),
  });
}

/** Appends to the journal where no other activity follows soon. */
export const flushing = proxyLocalActivities<Pick<EngineActivities, 'engine.record'>>({
  startToCloseTimeout: ENGINE_TIMEOUT_MS,
  retry: { initialInterval: '500ms', maximumInterval: ENGINE_RETRY_CAP_MS },
});

function optionsOf(node: PlanStep, activityId: string): ActivityOptions {
  const { max, firstMs, factor, capMs } = node.retry;
  return {
    activityId,
    taskQueue: taskQueues[node.queue],
    startToCloseTimeout: node.timeoutMs,
    heartbeatTimeout: HEARTBEAT_TIMEOUT_MS,
    ...(node.withinMs === undefined ? {} : { scheduleToCloseTimeout: node.withinMs }),
    retry: {
      initialInterval: firstMs,
      backoffCoefficient: factor,
      maximumInterval: capMs,
      ...(max === 0 ? {} : { maximumAttempts: max }),
    },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary: summaryOf(`${node.id}: ${node.title}`),
  };
}

/** Runs a single action; the activity type is its name. */
export function runAction(node: PlanStep, uses: string, activityId: string, call: ActionCall): Promise<ActionResult> {
  const actions = proxyActivities<Record<string, (call: ActionCall) => Promise<ActionResult>>>(
    optionsOf(node, activityId),
  );
  return actions[uses]!(call);
}

/** Runs one page of a rollout: no schedule-to-close, a page never gives up by itself. */
export function runPage(node: PlanStep, uses: string, activityId: string, call: PageCall): Promise<PageResult> {
  const { scheduleToCloseTimeout: _unbounded, ...options } = optionsOf(node, activityId);
  const actions = proxyActivities<Record<string, (call: PageCall) => Promise<PageResult>>>(options);
  return actions[uses]!(call);
}

/** What an activity's failure means for its step: the code of the innermost coded failure. */
export function stepError(error: unknown): StepError {
  let cause: unknown = error;
  while (cause instanceof Error) {
    if (cause instanceof ApplicationFailure && cause.type) return { code: cause.type, message: cause.message };
    if (!cause.cause) break;
    cause = cause.cause;
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  return { code: 'ENGINE_INTERNAL', message };
}
