import type {
  AddFactMessage,
  AmendMessage,
  DecideMessage,
  Receipt,
  ResolveStepMessage,
  StopMessage,
} from '../../contracts/messages.ts';
import { isEnded, type Core } from './core.ts';
import { takeAnswer } from './asks.ts';
import { takeDecision } from './gates.ts';
import { openRound } from './scopes.ts';
import { endStep, retryStep } from './steps.ts';
import type { StepRecord } from './state.ts';

const ANSWERED_MAX = 500; // update ids kept for repeats; the server keeps its own within a run

/** The receipt of an update id that was answered before. */
export function knownReceipt(core: Core, id: string): Receipt | undefined {
  return core.state.answered.find((receipt) => receipt.id === id);
}

function receipt(core: Core, id: string, effect: string): Receipt {
  const given: Receipt = { id, at: core.now, effect };
  core.state.answered.push(given);
  if (core.state.answered.length > ANSWERED_MAX) core.state.answered.shift();
  return given;
}

/** Takes a decision at a gate. */
export function decide(core: Core, message: DecideMessage): Receipt {
  const gate = core.state.gates.find(({ id }) => id === message.gate)!;
  return receipt(core, message.id, takeDecision(core, gate, message));
}

/** Takes a fact. */
export function addFact(core: Core, { key, value, by, source, confidence, id }: AddFactMessage): Receipt {
  core.addFact({ key, value, by, source, confidence });
  return receipt(core, id, `the fact ${key} is ${confidence}`);
}

/** Takes a person's answer to an ask, or a decision on a failed step. */
export function resolveStep(core: Core, message: ResolveStepMessage): Receipt {
  const step = core.step(message.step)!;
  const { by, role, answer, id, comment } = message;
  if (answer === 'done') return receipt(core, id, takeAnswer(core, step, message));
  core.record(
    'decision',
    by,
    { step: step.id, role, answer, ...(comment === undefined ? {} : { comment }) },
    `decision:${id}`,
  );
  return receipt(core, id, settleFailure(core, step, answer, by));
}

function settleFailure(
  core: Core,
  step: StepRecord,
  answer: 'retry' | 'skip' | 'mark-done' | 'stop',
  by: string,
): string {
  if (core.state.haltedBy === step.id) delete core.state.haltedBy;
  switch (answer) {
    case 'retry':
      retryStep(core, step);
      return `step ${step.id} starts again as visit ${step.visit}`;
    case 'skip':
      endStep(core, step, 'skipped');
      core.leaveOpen(step.id, `skipped by ${by} after it failed`);
      return `step ${step.id} is skipped; what needs it goes on`;
    case 'mark-done':
      endStep(core, step, 'succeeded', {});
      core.leaveOpen(step.id, `marked done by hand by ${by}`);
      return `step ${step.id} counts as done by hand`;
    case 'stop':
      step.state = 'cancelled';
      delete step.waitsFor;
      core.state.isStopped = true;
      return 'the incident is stopped; nothing new starts until it is resumed';
  }
}

/** Runs a declared amendment as the next round, or skips a step that has not started. */
export function amend(core: Core, { run, inputs = {}, skip, by, role, reason, id }: AmendMessage): Receipt {
  core.record(
    'amendment',
    by,
    { role, reason, ...(run === undefined ? {} : { run, inputs }), ...(skip === undefined ? {} : { skip }) },
    `amendment:${id}`,
  );
  if (skip !== undefined) {
    endStep(core, core.step(skip)!, 'skipped');
    return receipt(core, id, `step ${skip} is skipped`);
  }
  const scopeStep = core.step(core.plan.amendments[run!]!.of)!;
  const scope = openRound(core, scopeStep, inputs);
  scopeStep.state = 'running'; // what has not started and needs it waits for this round too
  delete scopeStep.endedAtMs;
  return receipt(core, id, `round ${scope.round} of ${scopeStep.id} begins`);
}

/** Steps that claim effects: their permits are flipped before anything else. */
function acting(core: Core, only: string | undefined): readonly StepRecord[] {
  return core.state.steps.filter(
    (step) =>
      (only === undefined || step.id === only) &&
      step.isAsked === true &&
      !isEnded(step) &&
      core.node(step).shape === 'page',
  );
}

/** Stops a step or everything before the next target. */
export function stop(core: Core, { step: only, by, reason, id }: StopMessage): Receipt {
  core.record('stop', by, { reason, ...(only === undefined ? {} : { step: only }) }, `stop:${id}`);
  if (only === undefined) core.state.isStopped = true;
  else core.step(only)!.isStopped = true;
  for (const step of acting(core, only))
    core.commands.push({ kind: 'setPermit', context: core.context(step), state: 'stopped', signal: 'stop' });
  return receipt(core, id, 'stopped before the next target');
}

/** Lifts a stop. */
export function resume(core: Core, { step: only, by, reason, id }: StopMessage): Receipt {
  core.record('resume', by, { reason, ...(only === undefined ? {} : { step: only }) }, `resume:${id}`);
  if (only === undefined) core.state.isStopped = false;
  else delete core.step(only)!.isStopped;
  for (const step of acting(core, only))
    core.commands.push({ kind: 'setPermit', context: core.context(step), state: 'open', signal: 'resume' });
  return receipt(core, id, 'resumed');
}
