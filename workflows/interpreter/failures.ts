import { decidersOf, type Approval } from '../../contracts/plan.ts';
import { behaves } from '../patches.ts';
import { endStep, revisit } from './ending.ts';
import { gateOf, openQuestion, voidGate, voidOpen } from './gates.ts';
import type { Core } from './core.ts';
import type { GateRecord, StepRecord } from './state.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { plainRetryStates, type RetryState, type StepError } from '../../contracts/messages.ts';

const DECIDE_WITHIN_MS = 60 * 60_000; // a failed step holds up what needs it: an hour, then deputies and admins

/** Roles that decide what the playbook leaves open: the plan's first required role, and admins. */
export function deciders(core: Core): readonly string[] {
  return decidersOf(core.plan);
}

/** One decider within an hour, then everyone who can. */
export function byDecider(core: Core): Approval {
  return { rule: 'any', roles: deciders(core), quorum: 1, withinMs: DECIDE_WITHIN_MS, onExpiry: 'escalate' };
}

/**
 * A step failed: the playbook says what follows. `continue` leaves an open item; `ask` and `halt` leave the step failed
 * behind a gate until a person decides; `halt` lets nothing new start meanwhile.
 */
export function failStep(core: Core, step: StepRecord, error: StepError): void {
  endStep(core, step, 'failed', undefined, error);
  const { onFailure } = core.node(step);
  if (onFailure === 'continue') {
    core.leaveOpen(step.id, `failed: ${error.message}`);
    return;
  }
  if (onFailure === 'halt') core.state.haltedBy = step.id;
  step.waitsFor = 'retry';
  const notes = [error.message, 'Approving tries again, rejecting skips; resolving can also mark it done or stop.'];
  openQuestion(
    core,
    step,
    'failure',
    `${step.id} failed (${error.code}): try again?`,
    byDecider(core),
    { code: error.code, message: error.message },
    { targets: 0, variants: [], notes },
  );
}

/** The open gate that asks what becomes of a failed step. */
export function failureGate(core: Core, step: StepRecord): GateRecord | undefined {
  return core.state.gates.find(
    (gate) => gate.step === step.id && gate.visit === step.visit && gate.kind === 'failure' && gate.state === 'open',
  );
}

/** What a person may decide on a failed step. */
export type FailureAnswer = 'retry' | 'skip' | 'mark-done' | 'stop';

/**
 * A person has decided what becomes of a failed step. @returns what it led to, one sentence.
 *
 * @param outputs - of a step that was done by hand; what reads outputs that are not there is skipped.
 */
export function settleFailure(
  core: Core,
  step: StepRecord,
  answer: FailureAnswer,
  by: string,
  outputs: JsonObject = {},
): string {
  const gate = failureGate(core, step);
  if (gate) gate.state = answer === 'retry' ? 'approved' : 'rejected';
  if (core.state.haltedBy === step.id) delete core.state.haltedBy;
  switch (answer) {
    case 'retry':
      retry(core, step, plainRetryStates);
      return `step ${step.id} starts again as visit ${step.visit}`;
    case 'skip':
      endStep(core, step, 'skipped');
      core.leaveOpen(step.id, `skipped by ${by} after it failed`);
      return `step ${step.id} is skipped; what needs it goes on`;
    case 'mark-done':
      endStep(core, step, 'succeeded', outputs);
      core.leaveOpen(step.id, `marked done by hand by ${by}`);
      return `step ${step.id} counts as done by hand`;
    case 'stop':
      endStep(core, step, 'cancelled', undefined, step.error);
      core.state.isStopped = true;
      return 'the incident is stopped; nothing new starts until it is resumed';
  }
}

/** The step starts again; a rollout reopens its rows in these states first, or it would leave them as they are. */
export function retry(core: Core, step: StepRecord, states: readonly RetryState[]): void {
  revisit(core, step);
  const isRollout = core.node(step).shape === 'page';
  if (isRollout && behaves('steadyRollouts', core.input.engineVersion)) step.reopens = states;
}

/**
 * The claim found that the gate was answered for something else, or by decisions that do not hold: the gate is void, and
 * the step's next visit asks again with what is known now.
 */
export function reopenStale(
  core: Core,
  step: StepRecord,
  because = 'the claim found something else than it showed',
): void {
  const gate = gateOf(core, step);
  voidOpen(core, step, because);
  if (gate?.state === 'approved') voidGate(core, gate, because);
  revisit(core, step);
}
