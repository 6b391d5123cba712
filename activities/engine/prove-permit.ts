import { CodedError } from '../../contracts/errors.ts';
import { decidersOf, needsSecondFactor, type Approval, type PlanStep } from '../../contracts/plan.ts';
import { permitId } from '../../contracts/ids.ts';
import { nodeOf } from './page-words.ts';
import { proofFault, type Measure } from './decision-faults.ts';
import type { DecisionProof } from '../../contracts/decision-proof.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { IncidentRow, Ledger, PermitMarks, PermitRow } from '../../ledger/ports.ts';
import type { PermitCall } from '../../contracts/engine-activities.ts';

/** From this version of the engine on decisions are signed; what began before it goes on without. */
const SIGNED_FROM = 4;

/** Whoever decides what the playbook leaves open, alone. */
const BY_DECIDER = { rule: 'any', quorum: 1, withinMs: 0, onExpiry: 'escalate' } as const;

/** What decisions are proven against. */
export interface ProofDeps extends Pick<Measure, 'doors' | 'personKey'> {
  readonly ledger: Pick<Ledger, 'incidents' | 'documents' | 'effects'>;
  /** The present time, ISO 8601 UTC. */
  readonly now: () => string;
}

/** A permit that is to be opened, and everything that the ledger knows of it. */
interface Opening {
  readonly call: PermitCall;
  readonly row: IncidentRow;
  readonly node: PlanStep;
  readonly permit: PermitRow | undefined;
  readonly deps: ProofDeps;
}

/** Flips a permit; it is opened only where {@link provePermit} lets it be. @throws GATE_PROOF_ codes */
export async function setPermit(call: PermitCall, deps: ProofDeps): Promise<void> {
  const { incident, step, visit, state, gate, turn, hold } = call;
  const { effects } = deps.ledger;
  const id = permitId(incident, step, visit);
  const held = hold === undefined ? {} : { hold };
  const marks = state === 'open' ? await provePermit(call, await effects.readPermit(id), deps) : held;
  await effects.setPermit(id, incident, state, gate, turn, marks);
}

/**
 * Proves that a permit may be opened: by decisions that a door has signed, of distinct people whom the gate asks, enough of
 * them. What the proofs are measured by comes from the ledger and this process's configuration, never from the workflow: a
 * message that went past the doors opens nothing, whatever it says.
 *
 * What was proven once is in the permit's row and is not asked for again, so a stop can be lifted days later.
 *
 * @returns what the row is to say from now on.
 * @throws GATE_PROOF_MISSING, GATE_PROOF_INVALID, GATE_PROOF_EXPIRED
 */
async function provePermit(call: PermitCall, permit: PermitRow | undefined, deps: ProofDeps): Promise<PermitMarks> {
  const row = await deps.ledger.incidents.read(call.incident);
  if (!row) throw new CodedError('INCIDENT_UNKNOWN', `there is no incident ${call.incident}`);
  if (row.engineVersion < SIGNED_FROM || row.mode === 'preview') return {};
  const plan = (await deps.ledger.documents.getPlan(row.planHash))?.plan;
  const node = nodeOf(plan?.steps ?? [], call.step);
  if (!plan || !node)
    throw new CodedError('GATE_PROOF_MISSING', `the plan of ${row.incident} has no step ${call.step}`);
  const opening = { call, row, node, permit, deps };
  return {
    ...(node.approval ? provenBy(opening, node.approval) : {}),
    ...liftedBy(opening, node.approval ?? { ...BY_DECIDER, roles: decidersOf(plan) }),
  };
}

/** What the decisions at the step's own gate come to. */
function provenBy(opening: Opening, approval: Approval): PermitMarks {
  const { call, permit } = opening;
  const { gate, signedFor } = call;
  if (gate === undefined || permit?.gate !== gate)
    throw new CodedError('GATE_PROOF_MISSING', `${call.step} would act on something that no gate of it has shown`);
  if (permit.proven === gate) return {};
  const isAsked = (call.proofs ?? []).some(({ statement }) => statement.digest === gate);
  if (!isAsked && signedFor !== undefined) return signedBeforehand(opening, signedFor);
  proveAnswer(opening, gate, approval);
  return { proven: gate };
}

/** What the decisions at the question come to that its rollout held at. */
function liftedBy(opening: Opening, answering: Approval): PermitMarks {
  const { call, permit } = opening;
  const { lifts } = call;
  const hold = permit?.hold === permit?.lifted ? undefined : permit?.hold;
  if (hold !== undefined && hold !== lifts)
    throw new CodedError('GATE_PROOF_MISSING', `${call.step} holds at a question that nobody has answered`);
  if (lifts === undefined || lifts === permit?.lifted) return {};
  proveAnswer(opening, lifts, answering);
  return { hold: lifts, lifted: lifts }; // the flip that would have written the question may have been overtaken
}

/** Somebody's signature in the playbook: that many at most, until that day, and not of who asked. */
function signedBeforehand({ node, row, deps, call, permit }: Opening, signedFor: number): PermitMarks {
  const { preauthorised } = node;
  if (permit?.ceiling === signedFor) return {};
  const isSo =
    preauthorised !== undefined &&
    signedFor > 0 &&
    signedFor <= preauthorised.max &&
    deps.now().slice(0, 10) <= preauthorised.until &&
    preauthorised.signedBy !== row.requester;
  if (!isSo) throw new CodedError('GATE_PROOF_MISSING', `nobody has signed for ${signedFor} targets of ${call.step}`);
  return { ceiling: signedFor };
}

/** @throws GATE_PROOF_MISSING, GATE_PROOF_INVALID, GATE_PROOF_EXPIRED where the decisions on a digest do not suffice. */
function proveAnswer({ call, row, permit, deps }: Opening, digest: Digest, approval: Approval): void {
  const given = (call.proofs ?? []).filter(({ statement }) => statement.digest === digest);
  const yes = given.filter(({ statement }) => statement.answer === 'approve');
  if (yes.length === 0) throw new CodedError('GATE_PROOF_MISSING', `no signed decision lets ${call.step} act`);
  const needsFactor = needsSecondFactor(approval, permit?.targets ?? Infinity);
  const { step, visit } = call;
  const { doors, personKey } = deps;
  const measure = { row, step, visit, digest, roles: approval.roles, needsFactor, doors, personKey };
  const faults = yes.map((proof) => proofFault(proof, measure));
  const holding = yes.filter((_, index) => faults[index] === undefined);
  const fresh = holding.filter(({ statement }) => statement.expiresAt > deps.now());
  if (suffice(fresh, approval)) return;
  if (suffice(holding, approval))
    throw new CodedError('GATE_PROOF_EXPIRED', `the decisions on ${step} were made too long ago`);
  const why = faults.find((fault) => fault !== undefined) ?? 'not enough people have said yes';
  throw new CodedError('GATE_PROOF_INVALID', `the decisions on ${step} do not suffice: ${why}`);
}

/** Distinct people, enough of them, one for each role where each role is asked; or one who broke the glass. */
function suffice(proofs: readonly DecisionProof[], { rule, roles, quorum }: Approval): boolean {
  const byPerson = new Map(proofs.map(({ statement }) => [statement.person, statement])); // each counts once, in one role
  const statements = [...byPerson.values()];
  if (statements.some(({ breakGlass }) => breakGlass)) return true;
  if (statements.length < (rule === 'all' ? roles.length : quorum)) return false;
  return rule === 'any' || roles.every((role) => statements.some((statement) => statement.role === role));
}
