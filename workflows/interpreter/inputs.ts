import { evaluate, fill } from './expressions.ts';
import { endStep, isSettled } from './ending.ts';
import { failStep } from './failures.ts';
import type { Core } from './core.ts';
import type { DatasetRef } from '../../contracts/dataset.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { StepError } from '../../contracts/messages.ts';
import type { StepRecord } from './state.ts';

/** Whether every step that `when`, `with` or `forEach` reads has ended for good. */
export function hasRead(core: Core, step: StepRecord): boolean {
  return core.node(step).reads.every((id) => {
    const read = core.sibling(step, id);
    return read !== undefined && isSettled(core, read);
  });
}

/**
 * Whether what a step needs has ended well enough: succeeded, partial, skipped, or failed where the playbook goes on;
 * `{state: succeeded}` asks for more (facts/engine item 1).
 */
export function hasNeeds(core: Core, step: StepRecord): boolean {
  return core.node(step).needs.every(({ step: id, state }) => {
    const needed = core.sibling(step, id);
    if (!needed || !isSettled(core, needed)) return false;
    return state === 'succeeded' ? needed.state === 'succeeded' : needed.state !== 'cancelled';
  });
}

/**
 * Asks `when` once and keeps the answer with what it was read from; a step that is not wanted is skipped.
 *
 * @param isFinal - whether its needs have ended: until then a value that is missing may still come.
 * @returns whether the step goes on.
 */
export function decideWhen(core: Core, step: StepRecord, isFinal: boolean): boolean {
  if (step.isWanted !== undefined) return step.isWanted;
  const node = core.node(step);
  if (node.when === undefined) return (step.isWanted = true);
  const answer = evaluate(node.when, core.scopeFor(step));
  if ('error' in answer) return refuse(core, step, answer.error, isFinal);
  step.isWanted = answer.value === true;
  const body = { step: step.id, when: node.when, answer: step.isWanted, facts: core.factsFor(node) };
  core.record('input', 'engine', body, `when:${step.id}#${step.visit}`);
  if (!step.isWanted) endStep(core, step, 'skipped');
  return step.isWanted;
}

/**
 * Evaluates `with` and `forEach` and keeps them.
 *
 * @param isFinal - as in {@link decideWhen}.
 * @returns whether the step goes on; an input that a skipped or failed step would have given skips it too.
 */
export function evaluateInputs(core: Core, step: StepRecord, isFinal: boolean): boolean {
  const node = core.node(step);
  const scope = core.scopeFor(step);
  const filled = fill(node.with, scope);
  if ('error' in filled) return refuse(core, step, filled.error, isFinal);
  step.with = filled.value as JsonObject;
  if (node.forEach === undefined) return true;
  const dataset = evaluate(node.forEach, scope);
  if ('error' in dataset) return refuse(core, step, dataset.error, isFinal);
  step.dataset = dataset.value as unknown as DatasetRef;
  return true;
}

function refuse(core: Core, step: StepRecord, error: StepError, isFinal: boolean): false {
  if (error.code === 'INPUT_MISSING' && !isFinal) return false;
  if (error.code === 'INPUT_MISSING') {
    endStep(core, step, 'skipped', undefined, error);
    core.leaveOpen(step.id, `skipped, an input is missing: ${error.message}`);
  } else failStep(core, step, error);
  return false;
}
