import { actionCatalogue } from '../../contracts/catalogue.ts';
import { isEnded, type Core } from './core.ts';
import { openAsk } from './asks.ts';
import { durationMs } from './duration.ts';
import { gateOf, openGate, voidStale } from './gates.ts';
import { openDuties } from './closing.ts';
import { startScope } from './scopes.ts';
import { decideWhen, endStep, evaluateInputs, markStarted, readiness } from './steps.ts';
import type { StepRecord } from './state.ts';

const CONCURRENCY_MAX = 16; // activities in flight; gates, timers and people do not count

/** Activities and rollouts that were asked to run and have not answered. */
function inFlight(core: Core): number {
  return core.state.steps.filter((step) => step.isAsked === true && step.state === 'running').length;
}

/**
 * Moves a pending step as far as it goes: asks `when`, opens its gate as soon as what the gate shows is known, and starts
 * it once its needs have ended and its gate is approved.
 */
export function movePending(core: Core, step: StepRecord): void {
  const node = core.node(step);
  if (step.wakeAtMs !== undefined && step.wakeAtMs > core.nowMs) return;
  if (!core.hasRead(step)) return;
  const isReady = readiness(core, step) === 'ready';
  const { approval } = node;
  if (!isReady && !approval) return;
  if (!decideWhen(core, step)) return;
  if (approval) {
    if (step.gate === undefined && !evaluateInputs(core, step)) return;
    if (step.gate === undefined && isEmpty(step)) return isReady ? endEmpty(core, step) : undefined;
    if (step.gate === undefined) openGate(core, step, approval);
    else voidStale(core, step, approval);
    const gate = gateOf(core, step)!;
    step.waitsFor = gate.state === 'open' ? 'gate' : 'needs';
    if (!isReady || gate.state !== 'approved') return;
  } else if (!evaluateInputs(core, step)) return;
  start(core, step);
}

/** A dataset of nothing needs no decision and no rollout. */
function isEmpty(step: StepRecord): boolean {
  return step.dataset?.count === 0;
}

function endEmpty(core: Core, step: StepRecord): void {
  markStarted(core, step);
  endStep(core, step, 'succeeded', { targets: 0, left: 0, counts: {} });
}

function start(core: Core, step: StepRecord): void {
  const node = core.node(step);
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
    case 'page':
      return isEmpty(step) ? endEmpty(core, step) : startActivity(core, step);
  }
}

function startTimer(core: Core, step: StepRecord): void {
  const { at, after } = step.with!;
  const wakeAtMs =
    typeof at === 'string' ? Date.parse(at) : core.nowMs + (typeof after === 'string' ? (durationMs(after) ?? 0) : 0);
  markStarted(core, step, 'time');
  step.wakeAtMs = wakeAtMs;
}

/** Ends `wait.until` steps whose time has come. */
export function endTimers(core: Core): void {
  for (const step of core.state.steps) {
    if (step.waitsFor === 'time' && step.wakeAtMs !== undefined && step.wakeAtMs <= core.nowMs)
      endStep(core, step, 'succeeded', { at: core.now });
  }
}

function startActivity(core: Core, step: StepRecord): void {
  if (inFlight(core) >= CONCURRENCY_MAX) return;
  const node = core.node(step);
  if (node.uses === 'incident.close' && !openDuties(core, step)) return;
  // A draft names deadlines: it waits until the duties have been assessed on the facts of now.
  if (node.uses === 'filings.draft' && (core.state.needsAssessing || core.state.isAssessing)) return;
  if (core.input.mode === 'preview' && actionCatalogue.get(node.uses)?.effect !== 'none')
    return endStep(core, step, 'skipped');
  markStarted(core, step);
  step.isAsked = true;
  const common = {
    step,
    plan: node,
    with: step.with!,
    facts: core.factsFor(node),
    ...(gateOf(core, step) ? { gate: gateOf(core, step)!.digest } : {}),
  };
  if (node.shape === 'page')
    core.commands.push({ kind: 'rollOut', ...common, context: core.context(step), dataset: step.dataset! });
  else core.commands.push({ kind: 'act', ...common, context: core.context(step), uses: node.uses });
}

/** Whether nothing more can happen but by a message: every step has ended. */
export function isOver(core: Core): boolean {
  return core.state.steps.every((step) => isEnded(step) || core.node(step).outlives === 'close');
}
