import {
  gateParts,
  NO_FACTOR,
  personalText,
  statementText,
  type DecisionProof,
} from '../../contracts/decision-proof.ts';
import { isSignedBy } from '../../ledger/signatures.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { IncidentRow } from '../../ledger/ports.ts';

const ADMIN = 'admin';

/** What decides whether a proof counts, all of it read here: nothing of it comes from the workflow. */
export interface Measure {
  readonly row: Pick<IncidentRow, 'incident' | 'planHash' | 'requester' | 'roles'>;
  readonly step: string;
  readonly visit: number;
  /** Digest of what was decided on. */
  readonly digest: Digest;
  /** Roles that the gate asks. */
  readonly roles: readonly string[];
  /** Whether each person's own key has to have signed too. */
  readonly needsFactor: boolean;
  /** Public keys of the doors. */
  readonly doors: readonly string[];
  /** Public key of a person, as this process's own file of people has it. */
  readonly personKey: (person: string) => string | undefined;
}

/** Why a proof does not count, one phrase; `undefined` where it does. Whatever is not well formed does not. */
export function proofFault(proof: DecisionProof, measure: Measure): string | undefined {
  const { statement, key, signature } = proof;
  if (!measure.doors.includes(key)) return 'it is signed by no door that is known here';
  if (!isSignedBy(key, statementText(statement), signature)) return 'its signature does not hold';
  return placeFault(proof, measure) ?? personFault(proof, measure) ?? factorFault(proof, measure);
}

/** It is about this visit of this step, in this incident, under the plan that it is pinned to. */
function placeFault({ statement }: DecisionProof, { row, step, visit }: Measure): string | undefined {
  const gate = gateParts(statement.gate);
  const isHere =
    statement.incident === row.incident &&
    statement.planHash === row.planHash &&
    statement.step === step &&
    statement.visit === visit &&
    gate?.step === step &&
    gate.visit === visit;
  return isHere ? undefined : 'it is about something else';
}

/** It is by somebody whom the gate asks, bound to that role in the incident, who did not ask for the incident. */
function personFault({ statement }: DecisionProof, { row, roles }: Measure): string | undefined {
  const { person, role, breakGlass } = statement;
  if (person === row.requester) return `${person} asked for the incident`;
  if (breakGlass && role !== ADMIN) return 'break-glass is for admins';
  if (!breakGlass && !roles.includes(role)) return `the gate does not ask ${role}`;
  const isBound = Object.hasOwn(row.roles, role) && row.roles[role]!.includes(person);
  return isBound ? undefined : `${person} is not bound to the role ${role}`;
}

function factorFault({ statement, personal }: DecisionProof, { needsFactor, personKey }: Measure): string | undefined {
  const { factor, person } = statement;
  if (factor === NO_FACTOR) return needsFactor ? `${person} has not signed` : undefined;
  if (personKey(person) !== factor) return `the key that signed is not the one listed for ${person}`;
  return isSignedBy(factor, personalText(statement), personal) ? undefined : `the signature of ${person} does not hold`;
}
