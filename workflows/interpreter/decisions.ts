import { failStep, settleFailure } from './failures.ts';
import { finish, release } from './holds.ts';
import { isSatisfied, missing } from './gates.ts';
import { isSigned } from './grounds.ts';
import { widen } from './scopes.ts';
import type { Core } from './core.ts';
import type { DecideMessage } from '../../contracts/messages.ts';
import type { GateRecord, StepRecord } from './state.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** Takes a decision that was validated. @returns what it led to, one sentence. */
export function takeDecision(core: Core, gate: GateRecord, message: DecideMessage): string {
  const { by, role, answer, comment, id, digest, breakGlass = false, proof } = message;
  const signed = isSigned(core) && proof ? { proof } : {};
  gate.answers.push({ by, role, answer, at: core.now, ...signed });
  const body = { gate: gate.id, step: gate.step, kind: gate.kind, role, answer, digest, breakGlass };
  const shown = signed as unknown as JsonObject; // a proof is plain JSON
  core.record('decision', by, { ...body, ...(comment === undefined ? {} : { comment }), ...shown }, `decision:${id}`);
  if (answer === 'reject') return reject(core, gate, message);
  if (breakGlass) announceBreakGlass(core, gate, by);
  else if (!isSatisfied(core, gate)) return `taken; ${missing(gate)} more needed`;
  return approve(core, gate, by);
}

/** An admin alone: announced to everybody, and a review stays open. */
function announceBreakGlass(core: Core, gate: GateRecord, by: string): void {
  const review = `gate ${gate.id} was opened by break-glass by ${by}: review it`;
  core.leaveOpen(gate.step, review);
  core.record('follow-up', by, { gate: gate.id, step: gate.step, what: review }, `break-glass:${gate.id}`);
  core.page(
    core.step(gate.step)!,
    core.peopleOf(Object.keys(core.input.roles)),
    `${by} opened gate ${gate.id} alone`,
    9,
  );
}

/** Enough people said yes: what that means depends on what was asked. */
export function approve(core: Core, gate: GateRecord, by: string): string {
  const step = core.step(gate.step)!;
  gate.state = 'approved';
  if (core.state.haltedBy === gate.step && gate.kind !== 'failure') delete core.state.haltedBy;
  switch (gate.kind) {
    case 'failure':
      return settleFailure(core, step, 'retry', by);
    case 'amendment':
      return widen(core, step, gate.amendment!.inputs);
    case 'canary':
    case 'limit':
    case 'drift':
    case 'returns':
      release(core, step, gate);
      return `${step.id} goes on`;
    case 'approval':
      if (step.isAsked === true) release(core, step, gate); // the signed-for part is under way: the rest follows
      return `approved: ${step.id} goes on`;
  }
}

function reject(core: Core, gate: GateRecord, { by, role }: DecideMessage): string {
  const step = core.step(gate.step)!;
  gate.state = 'rejected';
  if (core.state.haltedBy === gate.step && gate.kind !== 'failure') delete core.state.haltedBy;
  switch (gate.kind) {
    case 'failure':
      return settleFailure(core, step, 'skip', by);
    case 'amendment':
      return 'rejected: the round is not run';
    case 'canary':
    case 'limit':
    case 'drift':
    case 'returns':
      return endEarly(core, step);
    case 'approval':
      if (step.isAsked === true) return endEarly(core, step);
      failStep(core, step, { code: 'GATE_REJECTED', message: `${by} (${role}) rejected gate ${gate.id}` });
      return 'rejected: the step waits for a decision on how to go on';
  }
}

function endEarly(core: Core, step: StepRecord): string {
  finish(core, step);
  return `rejected: ${step.id} ends with what has been done`;
}
