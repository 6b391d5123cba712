import { actionCatalogue } from '../../contracts/catalogue.ts';
import { isEnded, localName, type Core } from './core.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { PlanStep } from '../../contracts/plan.ts';
import type { StepError } from '../../contracts/messages.ts';
import type { StepRecord } from './state.ts';

/** Whether a step changes anything outside; reading actions and people do not. */
export function acts(node: PlanStep): boolean {
  return actionCatalogue.get(node.uses)?.effect !== 'none';
}

/** Whether a failed step waits for a person to decide. */
export function isUndecided(core: Core, step: StepRecord): boolean {
  return step.state === 'failed' && core.node(step).onFailure !== 'continue';
}

/** Whether a step has ended and nobody has to decide on it any more. */
export function isSettled(core: Core, step: StepRecord): boolean {
  return isEnded(step) && !isUndecided(core, step);
}

/** Marks a step as started; only the first time of a visit is recorded. */
export function markStarted(core: Core, step: StepRecord, waitsFor?: StepRecord['waitsFor']): void {
  step.state = waitsFor === undefined ? 'running' : 'waiting';
  if (waitsFor === undefined) delete step.waitsFor;
  else step.waitsFor = waitsFor;
  delete step.error;
  if (step.startedAtMs !== undefined) return;
  step.startedAtMs = core.nowMs;
  core.record(
    'step.started',
    'engine',
    { step: step.id, visit: step.visit, uses: core.node(step).uses, name: localName(step) },
    `step.started:${step.id}#${step.visit}`,
  );
}

/** Ends a step; a failed one may end a second time, when a person has decided on it. */
export function endStep(
  core: Core,
  step: StepRecord,
  state: 'succeeded' | 'partial' | 'skipped' | 'failed' | 'cancelled',
  outputs?: JsonObject,
  error?: StepError,
): void {
  step.state = state;
  step.endedAtMs = core.nowMs;
  delete step.waitsFor;
  delete step.wakeAtMs;
  if (outputs) step.outputs = outputs;
  if (error) step.error = error;
  else delete step.error;
  const body = {
    ...{ step: step.id, visit: step.visit, state },
    ...(error ? { code: error.code } : {}),
    ...(outputs ? { outputs } : {}),
  };
  core.record('step.ended', 'engine', body, `step.ended:${step.id}#${step.visit}:${state}`);
}

/** Starts a step's next visit from the beginning. */
export function revisit(core: Core, step: StepRecord): void {
  const { id, plan, scope, visit, isStopped } = step;
  for (const key of Object.keys(step)) Reflect.deleteProperty(step, key);
  const next: StepRecord = { id, plan, scope, state: 'pending', visit: visit + 1 };
  Object.assign(step, next, isStopped === true ? { isStopped } : {});
  if (core.state.haltedBy === id) delete core.state.haltedBy;
}
