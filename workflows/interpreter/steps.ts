import type { JsonObject } from '../../contracts/json.ts';
import type { DatasetRef } from '../../contracts/dataset.ts';
import type { StepError } from '../../contracts/messages.ts';
import { isEnded, localName, type Core } from './core.ts';
import { evaluate, fill } from './expressions.ts';
import type { StepRecord } from './state.ts';

const OUTPUT_MAX_CHARS = 4_096; // larger results go to the ledger and travel by hash

/** Ends a step; its record goes to the journal. */
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
  core.record(
    'step.ended',
    'engine',
    {
      step: step.id,
      visit: step.visit,
      state,
      ...(error ? { code: error.code } : {}),
      ...(outputs ? { outputs } : {}),
    },
    `step.ended:${step.id}#${step.visit}:${state}`,
  );
}

/**
 * A step failed: the playbook says what follows. `continue` leaves an open item, `ask` and `halt` leave the step failed
 * until a person decides; `halt` lets nothing new start meanwhile.
 */
export function failStep(core: Core, step: StepRecord, error: StepError): void {
  endStep(core, step, 'failed', undefined, error);
  const { onFailure } = core.node(step);
  if (onFailure === 'continue') {
    core.leaveOpen(step.id, `failed: ${error.message}`);
    return;
  }
  if (onFailure === 'halt') core.state.haltedBy = step.id;
  const role = failureRoles(core)[0];
  step.waitsFor = 'person';
  core.page(
    step,
    role === undefined ? [] : core.people(role),
    `Step ${step.id} failed (${error.code}): retry, skip, mark done or stop?`,
    1,
  );
}

/** Roles that may decide what becomes of a failed step: the first required role of the plan, and admins. */
export function failureRoles(core: Core): readonly string[] {
  const required = Object.entries(core.plan.roles).filter(([, role]) => role.required);
  return [...required.slice(0, 1).map(([name]) => name), 'admin'];
}

/** Whether a failed step waits for a person to decide. */
export function isUndecided(core: Core, step: StepRecord): boolean {
  return step.state === 'failed' && core.node(step).onFailure !== 'continue' && step.waitsFor === 'person';
}

/** Takes the result of an activity or child. */
export function takeResult(
  core: Core,
  step: StepRecord,
  state: 'succeeded' | 'partial',
  outputs: JsonObject,
  facts: JsonObject,
  openItems: readonly string[],
): void {
  if (JSON.stringify(outputs).length > OUTPUT_MAX_CHARS) {
    failStep(core, step, {
      code: 'ENGINE_OUTPUT_TOO_LARGE',
      message: `${step.id} gave outputs of more than ${OUTPUT_MAX_CHARS} characters`,
    });
    return;
  }
  for (const text of openItems) core.leaveOpen(step.id, text);
  core.addFacts(step, withEarlierParts(core, step, facts), 'engine', 'stated');
  endStep(core, step, state, outputs);
}

/** Counts that several steps establish part by part: what another step counted is added. */
const ADDED_UP = new Set(['credentialsVerifiedDead', 'peopleTold', 'controllersTold']);

function withEarlierParts(core: Core, step: StepRecord, facts: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => {
      if (!ADDED_UP.has(key) || typeof value !== 'number') return [key, value];
      const earlier = core.state.facts.findLast((fact) => fact.key === key && fact.source !== `step:${step.id}`)?.value;
      return [key, value + (typeof earlier === 'number' ? earlier : 0)];
    }),
  );
}

/** What a look at a step's `needs` says. */
export type Readiness = 'ready' | 'blocked';

/** Whether what a step needs has ended well enough. */
export function readiness(core: Core, step: StepRecord): Readiness {
  const isReady = core.node(step).needs.every(({ step: id, state }) => {
    const needed = core.sibling(step, id);
    if (!needed || !isEnded(needed)) return false;
    if (state === 'succeeded') return needed.state === 'succeeded';
    if (needed.state === 'failed') return core.node(needed).onFailure === 'continue';
    return needed.state !== 'cancelled';
  });
  return isReady ? 'ready' : 'blocked';
}

/**
 * Asks `when` once and keeps the answer with its inputs; a step that is not wanted is skipped.
 *
 * @returns whether the step goes on.
 */
export function decideWhen(core: Core, step: StepRecord): boolean {
  if (step.isWanted !== undefined) return step.isWanted;
  const { when } = core.node(step);
  if (when === undefined) return (step.isWanted = true);
  const answer = evaluate(when, core.scopeFor(step));
  if ('error' in answer) {
    refuse(core, step, answer.error);
    return false;
  }
  step.isWanted = answer.value === true;
  core.record('input', 'engine', { step: step.id, when, answer: step.isWanted }, `when:${step.id}#${step.visit}`);
  if (!step.isWanted) endStep(core, step, 'skipped');
  return step.isWanted;
}

/**
 * Evaluates `with` and `forEach` and keeps them.
 *
 * @returns whether the step goes on; an input that a skipped or failed step would have given skips it too.
 */
export function evaluateInputs(core: Core, step: StepRecord): boolean {
  const node = core.node(step);
  const scope = core.scopeFor(step);
  const filled = fill(node.with, scope);
  if ('error' in filled) return refuse(core, step, filled.error);
  step.with = filled.value as JsonObject;
  if (node.forEach === undefined) return true;
  const dataset = evaluate(node.forEach, scope);
  if ('error' in dataset) return refuse(core, step, dataset.error);
  step.dataset = dataset.value as unknown as DatasetRef;
  return true;
}

function refuse(core: Core, step: StepRecord, error: StepError): false {
  if (error.code !== 'INPUT_MISSING') {
    failStep(core, step, error);
    return false;
  }
  endStep(core, step, 'skipped', undefined, error);
  core.leaveOpen(step.id, `skipped, an input is missing: ${error.message}`);
  return false;
}

/** Starts a step's next visit from the beginning. */
export function retryStep(core: Core, step: StepRecord): void {
  step.visit += 1;
  step.state = 'pending';
  for (const key of [
    'isWanted',
    'with',
    'dataset',
    'gate',
    'isAsked',
    'waitsFor',
    'wakeAtMs',
    'startedAtMs',
    'endedAtMs',
    'error',
    'outputs',
  ] as const)
    delete step[key];
  if (core.state.haltedBy === step.id) delete core.state.haltedBy;
}

/** Marks a step as started. */
export function markStarted(core: Core, step: StepRecord, waitsFor?: string): void {
  step.state = waitsFor === undefined ? 'running' : 'waiting';
  step.startedAtMs ??= core.nowMs;
  if (waitsFor === undefined) delete step.waitsFor;
  else step.waitsFor = waitsFor;
  core.record(
    'step.started',
    'engine',
    { step: step.id, visit: step.visit, uses: core.node(step).uses, name: localName(step) },
    `step.started:${step.id}#${step.visit}:${step.waitsFor ?? 'running'}`,
  );
}
