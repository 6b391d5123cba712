import { acts, endStep, markStarted } from './ending.ts';
import { decideWhen, evaluateInputs, hasNeeds, hasRead } from './inputs.ts';
import { durationTextMs } from '../../contracts/duration-text.ts';
import { failStep } from './failures.ts';
import { forecast } from './preview.ts';
import { permitGrounds } from './grounds.ts';
import { gateOf, openApproval, reopensAtMs, voidStale } from './gates.ts';
import { isHeld } from './held.ts';
import { isBeingAssessed } from './duties.ts';
import { limitOf } from './holds.ts';
import { mayClose } from './closing.ts';
import { openAsk } from './asks.ts';
import { startScope } from './scopes.ts';
import { visitId } from '../../contracts/ids.ts';
import type { ActionCall } from '../../contracts/effects.ts';
import type { Core } from './core.ts';
import type { Json } from '../../contracts/json.ts';
import type { StepRecord } from './state.ts';

const CONCURRENCY_MAX = 16; // activities in flight; rollouts, gates, timers and people do not count

/**
 * Moves a pending step as far as it goes: asks `when`, opens its gate as soon as what the gate shows is known, and starts
 * it once its needs have ended and its gate has let it through.
 */
export function movePending(core: Core, step: StepRecord): void {
  const node = core.node(step);
  if (step.wakeAtMs !== undefined && step.wakeAtMs > core.nowMs) return;
  delete step.wakeAtMs;
  const isReady = hasNeeds(core, step);
  if (step.isToSkip === true) {
    if (isReady) endStep(core, step, 'skipped');
    return;
  }
  const isGated = node.approval !== undefined && core.input.mode !== 'preview';
  if (!isReady && !(isGated && hasRead(core, step))) return;
  if (!decideWhen(core, step, isReady)) return;
  if (isGated && !passGate(core, step, isReady)) return;
  if (!isReady || isHeld(core, step)) return;
  if (!isGated && !evaluateInputs(core, step, true)) return;
  start(core, step);
}

/** Whether a step with an approval may act, all of it or the part that was signed for; opens the gate where it has none. */
function passGate(core: Core, step: StepRecord, isReady: boolean): boolean {
  if (step.gate === undefined || voidStale(core, step)) {
    const atMs = reopensAtMs(core, step);
    if (atMs > core.nowMs) {
      step.wakeAtMs = atMs;
      return false;
    }
    if (!evaluateInputs(core, step, isReady)) return false;
    if (step.dataset?.count === 0) return isReady; // nothing to decide on
    openApproval(core, step, core.node(step).approval!);
    return false;
  }
  const gate = gateOf(core, step)!;
  step.waitsFor = gate.state === 'open' ? 'gate' : 'needs';
  return gate.state === 'approved' || (gate.state === 'open' && step.ceiling !== undefined);
}

function start(core: Core, step: StepRecord): void {
  const node = core.node(step);
  if (core.input.mode === 'preview' && (acts(node) || node.shape !== 'single')) {
    if (forecast(core, step)) return;
  }
  switch (node.shape) {
    case 'people':
      return openAsk(core, step);
    case 'wait':
      return node.uses === 'wait.for' ? openAsk(core, step) : startTimer(core, step);
    case 'scope':
      return startScope(core, step);
    case 'clock':
      markStarted(core, step);
      core.state.needsAssessing = true;
      return;
    case 'single':
      return startAction(core, step);
    case 'page':
      return startRollout(core, step);
  }
}

/** Waits for an instant, or for a duration from now. */
function startTimer(core: Core, step: StepRecord): void {
  const { at, after } = step.with!;
  const afterMs = typeof after === 'string' ? (durationTextMs(after) ?? NaN) : undefined;
  const wakeAtMs = afterMs === undefined ? instantMs(at) : core.nowMs + afterMs;
  if (Number.isNaN(wakeAtMs)) {
    failStep(core, step, { code: 'STEP_TIME_INVALID', message: `${step.id} waits for no instant` });
    return;
  }
  markStarted(core, step, 'time');
  step.wakeAtMs = wakeAtMs;
}

function instantMs(at: Json | undefined): number {
  const instant = typeof at === 'object' && at !== null && 'at' in at ? (at as { readonly at: Json }).at : at;
  return typeof instant === 'string' ? Date.parse(instant) : NaN;
}

/** Ends `wait.until` steps whose time has come. */
export function endTimers(core: Core): void {
  for (const step of core.state.steps) {
    if (step.waitsFor === 'time' && step.wakeAtMs !== undefined && step.wakeAtMs <= core.nowMs)
      endStep(core, step, 'succeeded', { at: core.now });
  }
}

/** What an action is called with. */
export function callOf(core: Core, step: StepRecord): ActionCall {
  const plan = core.node(step);
  const digest = gateOf(core, step)?.digest;
  return {
    ...core.context(step),
    ...{ uses: plan.uses, with: step.with!, texts: plan.texts, facts: core.factsFor(plan), roles: core.input.roles },
    ...(digest === undefined ? {} : { gate: digest }),
  };
}

function isFull(core: Core): boolean {
  const running = core.state.steps.filter((step) => step.isAsked === true && core.node(step).shape === 'single');
  return running.length >= CONCURRENCY_MAX;
}

function startAction(core: Core, step: StepRecord): void {
  const plan = core.node(step);
  if (isFull(core)) return;
  if (plan.uses === 'incident.close' && !mayClose(core, step)) return;
  if (plan.uses === 'filings.draft' && isBeingAssessed(core)) return; // a draft names deadlines: those of the facts of now
  markStarted(core, step);
  step.isAsked = true;
  core.commands.push({
    kind: 'act',
    plan,
    call: callOf(core, step),
    activityId: visitId(step.id, step.visit),
    needsPermit: acts(plan),
    ...permitGrounds(core, step),
    ...(plan.outlives === 'close' ? { outlives: true } : {}),
  });
}

function startRollout(core: Core, step: StepRecord): void {
  const { dataset, ceiling } = step;
  markStarted(core, step);
  if (dataset === undefined) {
    failStep(core, step, { code: 'INPUT_MISSING', message: `${step.id} has no dataset` });
    return;
  }
  if (dataset.count === 0) {
    endStep(core, step, 'succeeded', { targets: 0, left: 0, counts: {} });
    return;
  }
  step.isAsked = true;
  const limit = limitOf(core, step);
  core.commands.push({
    kind: 'rollOut',
    plan: core.node(step),
    call: callOf(core, step),
    dataset,
    ...(limit === undefined ? {} : { limit }),
    ...(ceiling === undefined ? {} : { ceiling }),
    ...(step.reopens === undefined ? {} : { reopens: step.reopens }),
    ...permitGrounds(core, step),
  });
}
