import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  TimeoutFailure,
  type ActivityOptions,
} from '@temporalio/workflow';
import { actionCatalogue } from '../contracts/catalogue.ts';
import { taskQueues } from '../contracts/queues.ts';
import type { ActionCall, ActionResult, PageCall, PageResult } from '../contracts/effects.ts';
import type { EngineActivities } from '../contracts/engine-activities.ts';
import type { PlanStep } from '../contracts/plan.ts';
import type { StepError } from '../contracts/messages.ts';

const SUMMARY_MAX_CHARS = 200; // the server refuses more than 400 bytes
const MESSAGE_MAX_CHARS = 500; // failures travel in history and status; the worker's log has the rest
const HEARTBEAT_TIMEOUT_MS = 10_000; // a dead worker's act is taken over after this
const ENGINE_TIMEOUT_MS = 30_000; // one statement or one message
const GATE_TIMEOUT_MS = 10 * 60_000; // some ten million targets
const RETRY_FIRST_MS = 500;
const RETRY_CAP_MS = 20_000; // an outage that ends is over within a minute (facts/engine, figures)

/** A line for the Temporal UI, cut to what the server takes. */
export function summaryOf(text: string): string {
  return text.length <= SUMMARY_MAX_CHARS ? text : `${text.slice(0, SUMMARY_MAX_CHARS - 3)}...`;
}

/** The engine's own activities: quick, repeatable, retried until they work. */
export function engineActivities(summary: string): EngineActivities {
  return proxyActivities<EngineActivities>({
    taskQueue: taskQueues.engine,
    startToCloseTimeout: ENGINE_TIMEOUT_MS,
    retry: { initialInterval: RETRY_FIRST_MS, maximumInterval: RETRY_CAP_MS },
    summary: summaryOf(summary),
  });
}

/** Opens a gate: it looks at every target of a rollout, so it has time, and shows that it lives. */
export function gateActivities(
  summary: string,
  heartbeatTimeoutMs = HEARTBEAT_TIMEOUT_MS,
): Pick<EngineActivities, 'engine.openGate'> {
  return proxyActivities<Pick<EngineActivities, 'engine.openGate'>>({
    taskQueue: taskQueues.engine,
    startToCloseTimeout: GATE_TIMEOUT_MS,
    heartbeatTimeout: heartbeatTimeoutMs,
    retry: { initialInterval: RETRY_FIRST_MS, maximumInterval: RETRY_CAP_MS },
    summary: summaryOf(summary),
  });
}

/**
 * Wakes people, again and again while nobody is reached, for so long: a mail outage swallows no deadline, and nothing waits
 * for it for ever.
 */
export function waking(summary: string, forMs: number): Pick<EngineActivities, 'engine.page'> {
  return proxyActivities<Pick<EngineActivities, 'engine.page'>>({
    taskQueue: taskQueues.engine,
    startToCloseTimeout: ENGINE_TIMEOUT_MS,
    scheduleToCloseTimeout: forMs,
    retry: { initialInterval: RETRY_FIRST_MS, maximumInterval: RETRY_CAP_MS },
    summary: summaryOf(summary),
  });
}

/** What must be in the ledger before something else happens; ordinary activities, see docs/decisions/0004. */
export const promptActivities = engineActivities('writes to the ledger');

/** Acting activities report progress at least every two seconds; reading ones need not. */
function heartbeatOf(uses: string, heartbeatTimeoutMs = HEARTBEAT_TIMEOUT_MS): ActivityOptions {
  const action = actionCatalogue.get(uses);
  return action?.shape === 'page' || (action?.capability !== undefined && action.effect !== 'none')
    ? { heartbeatTimeout: heartbeatTimeoutMs }
    : {};
}

function optionsOf(node: PlanStep, uses: string, activityId: string, heartbeatTimeoutMs?: number): ActivityOptions {
  const { max, firstMs, factor, capMs } = node.retry;
  return {
    activityId,
    taskQueue: taskQueues[node.queue],
    startToCloseTimeout: node.timeoutMs,
    ...heartbeatOf(uses, heartbeatTimeoutMs),
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

/** Runs a single action; the activity type is its name. The step's `within` is its whole time, retries included. */
export function runAction(
  node: PlanStep,
  activityId: string,
  call: ActionCall,
  heartbeatTimeoutMs?: number,
): Promise<ActionResult> {
  const actions = proxyActivities<Record<string, (call: ActionCall) => Promise<ActionResult>>>({
    ...optionsOf(node, call.uses, activityId, heartbeatTimeoutMs),
    ...(node.withinMs === undefined ? {} : { scheduleToCloseTimeout: node.withinMs }),
  });
  return actions[call.uses]!(call);
}

/**
 * Runs one page of a rollout: no schedule-to-close and no end of attempts, a page never gives up by itself. It waits at
 * most 20 s between attempts.
 */
export function runPage(
  node: PlanStep,
  activityId: string,
  call: PageCall,
  heartbeatTimeoutMs?: number,
): Promise<PageResult> {
  const { retry, ...options } = optionsOf(node, call.uses, activityId, heartbeatTimeoutMs);
  const pages = proxyActivities<Record<string, (call: PageCall) => Promise<PageResult>>>({
    ...options,
    retry: { ...retry, maximumInterval: Math.min(node.retry.capMs, RETRY_CAP_MS) },
  });
  return pages[call.uses]!(call);
}

/** Why an activity failed for good, by code: the coded failure inside, or the time that ran out. */
export function stepError(error: unknown): StepError {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) return { code: 'STEP_TIMED_OUT', message: reason(innermost(cause)) };
  const coded =
    cause instanceof ApplicationFailure && cause.type != null && /^[A-Z0-9]+(_[A-Z0-9]+)+$/.test(cause.type);
  return { code: coded ? cause.type : 'STEP_FAILED', message: reason(cause) };
}

/** A timeout over retries carries the last attempt's failure. */
function innermost(error: Error): Error {
  return error.cause instanceof Error ? innermost(error.cause) : error;
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_MAX_CHARS);
}
