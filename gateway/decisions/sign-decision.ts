import { CodedError } from '../../contracts/errors.ts';
import {
  DECISION_VALID_MS,
  gateParts,
  NO_FACTOR,
  personalText,
  statementText,
  type DecisionProof,
  type DecisionStatement,
} from '../../contracts/decision-proof.ts';
import { isSignedBy } from '../../ledger/signatures.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { IncidentRow } from '../../ledger/ports.ts';
import type { GatewayDeps } from '../deps.ts';
import { asksForFactor } from './asks-for-factor.ts';

/** What somebody who may decide has said. */
export interface Said extends Pick<DecisionStatement, 'gate' | 'answer' | 'role' | 'breakGlass'> {
  readonly digest: string;
  readonly person: string;
  /** By the person's own key, base64url; absent where they gave none. */
  readonly signature?: string;
}

/**
 * Signs a decision at the door, once who decides is known and may: what opens a permit later believes nothing else.
 *
 * @throws GATE_UNKNOWN for what cannot be a gate; GATE_FACTOR_MISSING, GATE_FACTOR_UNKNOWN, GATE_FACTOR_INVALID where the
 *   gate asks for a signature of the person, or the one that came along is none.
 */
export async function signDecision(
  deps: GatewayDeps,
  { incident, planHash }: IncidentRow,
  said: Said,
): Promise<DecisionProof> {
  const { gate, answer, role, breakGlass, person, signature } = said;
  const parts = gateParts(gate);
  if (!parts) throw new CodedError('GATE_UNKNOWN', 'that is not the id of a gate');
  const { step, visit } = parts;
  const decided = { incident, planHash, gate, digest: said.digest as Digest, answer, breakGlass };
  const key = deps.people.find(({ id }) => id === person)?.key;
  if (signature === undefined) {
    const isAsked = answer === 'approve' && (await asksForFactor(deps, { incident, planHash }, gate));
    if (isAsked && key === undefined) throw new CodedError('GATE_FACTOR_UNKNOWN', `${person} has no key`);
    if (isAsked) throw new CodedError('GATE_FACTOR_MISSING', `gate ${gate} asks for the signature of ${person}`);
  } else if (key === undefined) throw new CodedError('GATE_FACTOR_UNKNOWN', `${person} has no key`);
  else if (!isSignedBy(key, personalText(decided), signature))
    throw new CodedError('GATE_FACTOR_INVALID', `the signature is not by the key of ${person} on gate ${gate}`);
  const now = Date.now();
  const statement: DecisionStatement = {
    ...{ ...decided, step, visit, person, role },
    decidedAt: new Date(now).toISOString(),
    expiresAt: new Date(now + DECISION_VALID_MS).toISOString(),
    factor: signature === undefined ? NO_FACTOR : key!,
  };
  return {
    ...{ statement, key: deps.decisions.publicKey, signature: deps.decisions.sign(statementText(statement)) },
    ...(signature === undefined ? {} : { personal: signature }),
  };
}
