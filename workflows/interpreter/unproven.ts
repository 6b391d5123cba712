import { askHold } from './holds.ts';
import { gateOf, reopenGate, voidGate } from './gates.ts';
import { holdOf } from './grounds.ts';
import type { Core } from './core.ts';
import type { GateRecord, StepRecord } from './state.ts';
import type { StepError } from '../../contracts/messages.ts';

/** Codes with which an opening is refused because its decisions do not hold. */
const UNPROVEN: ReadonlySet<string> = new Set(['GATE_PROOF_MISSING', 'GATE_PROOF_INVALID', 'GATE_PROOF_EXPIRED']);

/** Whether a step did not begin since the decisions on it do not hold. */
export function isUnproven({ code }: StepError): boolean {
  return UNPROVEN.has(code);
}

/** The permit of a step stands open: the decisions on these digests hold, and are not asked for again. */
export function takeProven(core: Core, step: StepRecord, digests: readonly string[]): void {
  for (const gate of [gateOf(core, step), holdOf(core, step)])
    if (gate?.state === 'approved' && digests.includes(gate.digest)) gate.isProven = true;
}

/**
 * A rollout under way was to go on, and the decisions on that do not hold: what they were made at is void, and asked again
 * with the reason on the journal. Nothing has begun by them.
 */
export function askAgain(core: Core, step: StepRecord, error: StepError): void {
  const [gate, hold] = [gateOf(core, step), holdOf(core, step)];
  const because = `its decisions do not hold: ${error.message}`;
  if (isDoubtful(hold)) {
    voidGate(core, hold, because);
    takeBackRaise(core, step, hold);
    askHold(core, step, hold, [because]);
  }
  if (isDoubtful(gate)) {
    voidGate(core, gate, because);
    step.gate = reopenGate(core, step, gate).id;
  }
}

function isDoubtful(gate: GateRecord | undefined): gate is GateRecord {
  return gate?.state === 'approved' && gate.isProven !== true;
}

function takeBackRaise(core: Core, step: StepRecord, { raises }: GateRecord): void {
  if (!raises) return;
  core.state.raised[raises.uses] = (core.state.raised[raises.uses] ?? 0) - raises.by;
  if (raises.uses !== core.node(step).uses) step.limitedBy = raises.uses;
}
