import { behaves } from '../patches.ts';
import { gateOf } from './gates.ts';
import { isDecisionProof, type DecisionStatement } from '../../contracts/decision-proof.ts';
import type { Core } from './core.ts';
import type { DecideMessage, StepError } from '../../contracts/messages.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { GateRecord, StepRecord } from './state.ts';
import type { Permit } from './commands.ts';
import type { PermitGrounds } from '../../contracts/engine-activities.ts';

/** Whether decisions of this incident are signed at the door, and proven before they open anything. */
export function isSigned({ input }: Core): boolean {
  return behaves('signedDecisions', input.engineVersion);
}

/** Why a decision does not even claim to be signed for what it says. Whether the signature holds is found where it opens. */
export function proofFault(core: Core, message: DecideMessage): (StepError & { readonly code: ErrorCode }) | undefined {
  if (!isSigned(core)) return undefined;
  const { proof, gate, digest, answer, by, role, breakGlass = false } = message;
  if (proof === undefined)
    return {
      code: 'GATE_PROOF_MISSING',
      message: `the decision at gate ${gate} came past the doors: none has signed it`,
    };
  const { incident, planHash } = core.input;
  const said: Partial<DecisionStatement> = { incident, planHash, gate, digest, answer, person: by, role, breakGlass };
  const isSaid =
    isDecisionProof(proof) &&
    Object.entries(said).every(([name, value]) => proof.statement[name as keyof DecisionStatement] === value);
  return isSaid
    ? undefined
    : { code: 'GATE_PROOF_INVALID', message: `the proof of the decision at gate ${gate} is about something else` };
}

/** The question that a step's rollout held at last, in its present visit. */
export function holdOf(core: Core, step: StepRecord): GateRecord | undefined {
  return step.holdGate === undefined ? undefined : core.state.gates.find(({ id }) => id === step.holdGate);
}

/** Decisions that let something through; of a gate that still asks there are none. */
function proofsAt(gate: GateRecord | undefined): NonNullable<PermitGrounds['proofs']> {
  return gate?.state === 'approved' ? gate.answers.flatMap(({ proof }) => proof ?? []) : [];
}

/** What lets a step's permit be opened: decisions at its gate and at the question that it held at. */
function groundsOf(core: Core, step: StepRecord): PermitGrounds {
  if (!isSigned(core)) return {};
  const [gate, hold] = [gateOf(core, step), holdOf(core, step)];
  const proofs = [...proofsAt(gate), ...proofsAt(hold)];
  return {
    ...(proofs.length > 0 ? { proofs } : {}),
    ...(gate?.signedFor === undefined ? {} : { signedFor: gate.signedFor }),
    ...(hold?.state === 'approved' ? { lifts: hold.digest } : {}),
  };
}

/** {@link groundsOf}, for a command that opens the permit before it acts. */
export function permitGrounds(core: Core, step: StepRecord): { readonly grounds?: PermitGrounds } {
  return isSigned(core) ? { grounds: groundsOf(core, step) } : {};
}

/**
 * A step's permit, with the digest of the gate that let it through. While its rollout holds at a question it is not opened,
 * whatever else is lifted.
 */
export function permitOf(core: Core, step: StepRecord, state: Permit['state']): Permit {
  const gate = core.state.gates.find(({ id }) => id === step.gate)?.digest;
  const permit = { context: core.context(step), state, ...(gate === undefined ? {} : { gate }) };
  if (!isSigned(core)) return permit;
  const hold = holdOf(core, step);
  if (hold?.state === 'open') return { ...permit, state: state === 'open' ? 'held' : state, hold: hold.digest };
  return state === 'open' ? { ...permit, ...groundsOf(core, step) } : permit;
}
