import { addFact } from './facts.ts';
import { approve, takeDecision } from './decisions.ts';
import { behaves } from '../patches.ts';
import { dropAsk, takeAnswer } from './asks.ts';
import { endStep } from './ending.ts';
import { finish } from './holds.ts';
import { hasNeeds } from './inputs.ts';
import { isSatisfied, openQuestion, voidOpen } from './gates.ts';
import { lookAgain } from './closing.ts';
import { queueUndo } from './undo.ts';
import { resume, stop } from './stops.ts';
import { steer } from './steering.ts';
import { visitId } from '../../contracts/ids.ts';
import { settleFailure, type FailureAnswer } from './failures.ts';
import type {
  AddFactMessage,
  AmendMessage,
  DecideMessage,
  Receipt,
  ResolveStepMessage,
  RolloutMessage,
  StopMessage,
} from '../../contracts/messages.ts';
import type { Core } from './core.ts';
import type { StepRecord } from './state.ts';

const ANSWERED_MAX = 500; // update ids kept for repeats; the server keeps its own within a run only

/** What a person or system may say to an incident; each was validated (see refusals.ts) before it is taken. */
export interface Updates {
  decide: DecideMessage;
  addFact: AddFactMessage;
  resolveStep: ResolveStepMessage;
  amend: AmendMessage;
  stop: StopMessage;
  resume: StopMessage;
  rollout: RolloutMessage;
}

const TAKEN: { readonly [Name in keyof Updates]: (core: Core, message: Updates[Name]) => string } = {
  decide: (core, message) =>
    takeDecision(
      core,
      core.state.gates.find(({ id }) => id === message.gate)!,
      message,
    ),
  addFact: (core, { key, value, by, source, confidence }) => {
    addFact(core, { key, value, by, source, confidence });
    return `the fact ${key} is ${confidence}`;
  },
  resolveStep,
  amend,
  stop,
  resume,
  rollout: steer,
};

/** The receipt of an update id that was answered before. */
export function knownReceipt(core: Core, id: string): Receipt | undefined {
  const { answered, told = [] } = core.state;
  return [...answered, ...told].find((receipt) => receipt.id === id);
}

/** Takes an update once; a repeat of its id gets the first receipt and changes nothing. */
export function takeUpdate<Name extends keyof Updates>(core: Core, name: Name, message: Updates[Name]): Receipt {
  const known = knownReceipt(core, message.id);
  if (known) return known;
  const effect = TAKEN[name](core, message);
  const receipt: Receipt = { id: message.id, at: core.now, effect };
  const kept = name === 'addFact' ? (core.state.told ??= []) : core.state.answered;
  kept.push(receipt);
  if (kept.length > ANSWERED_MAX) kept.shift();
  lookAgain(core);
  return receipt;
}

/** A person's answer to an ask, a decision on a failed step, or on one that was stopped in the middle. */
function resolveStep(core: Core, message: ResolveStepMessage): string {
  const step = core.step(message.step)!;
  const { by, role, answer, id, comment, values } = message;
  if (answer === 'done') return takeAnswer(core, step, message);
  const body = { step: step.id, visit: step.visit, role, answer, ...(comment === undefined ? {} : { comment }) };
  core.record('decision', by, body, `decision:${id}`);
  return step.state === 'failed' ? settleFailure(core, step, answer, by, values) : giveUp(core, step, answer, by);
}

/** A gate of the step had let everything wait, and nobody will answer it any more. */
function liftHalt(core: Core, step: StepRecord): void {
  if (core.state.haltedBy === step.id) delete core.state.haltedBy;
}

/** A step that was stopped is not taken up again: a rollout ends with what it has done. */
function giveUp(core: Core, step: StepRecord, answer: FailureAnswer, by: string): string {
  core.leaveOpen(step.id, `given up by ${by} after it was stopped`);
  if (step.isAsked === true) {
    finish(core, step);
    if (core.node(step).shape === 'single') {
      step.endsAs = answer === 'mark-done' ? 'succeeded' : 'skipped';
      core.commands.push({ kind: 'cancel', context: core.context(step), activityId: visitId(step.id, step.visit) });
    }
    return `${step.id} ends with what has been done`;
  }
  voidOpen(core, step, 'the step was given up');
  liftHalt(core, step);
  dropAsk(core, step);
  endStep(core, step, answer === 'mark-done' ? 'succeeded' : 'skipped');
  return `${step.id} is given up`;
}

/** Runs a declared amendment as the next round, skips a step that has not started, or takes back what steps did. */
function amend(core: Core, message: AmendMessage): string {
  const { run, inputs = {}, skip, undo, by, role, reason, id } = message;
  const body = {
    ...{ role, reason },
    ...(run === undefined ? {} : { run, inputs }),
    ...(skip === undefined ? {} : { skip }),
    ...(undo === undefined ? {} : { undo }),
  };
  core.record('amendment', by, body, `amendment:${id}`);
  if (skip !== undefined) {
    const step = core.step(skip)!;
    voidOpen(core, step, 'the step was skipped');
    liftHalt(core, step);
    if (hasNeeds(core, step) || !behaves('skipInTurn', core.input.engineVersion)) {
      endStep(core, step, 'skipped');
      return `step ${skip} is skipped`;
    }
    step.isToSkip = true;
    return `step ${skip} is skipped as soon as what it needs has ended`;
  }
  if (undo !== undefined) {
    queueUndo(core, undo);
    return `${undo.join(', ')}: taken back, the last one first`;
  }
  return openAmendment(core, core.step(core.plan.amendments[run!]!.of)!, message);
}

/**
 * The amendment's own words are its first approval, where the person holds one of the roles; the others are asked at a
 * gate. The gates of the round itself come on top (facts/engine item 5).
 */
function openAmendment(core: Core, step: StepRecord, { run, inputs = {}, by, role, reason }: AmendMessage): string {
  const { approval } = core.plan.amendments[run!]!;
  const question = `Run ${step.id} again (${run!})?`;
  const shows = { targets: 0, variants: [], notes: [reason] };
  const gate = openQuestion(core, step, 'amendment', question, approval, { run: run!, inputs }, shows);
  Object.assign(gate, { amendment: { run: run!, inputs } });
  if (approval.roles.includes(role)) gate.answers.push({ by, role, answer: 'approve', at: core.now });
  return isSatisfied(core, gate) ? approve(core, gate, by) : `gate ${gate.id} asks ${approval.roles.join(', ')}`;
}
