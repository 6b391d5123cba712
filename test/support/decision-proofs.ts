import { generateKeyPairSync } from 'node:crypto';
import {
  DECISION_VALID_MS,
  gateParts,
  NO_FACTOR,
  statementText,
  type DecisionProof,
  type DecisionStatement,
} from '../../contracts/decision-proof.ts';
import { textSigner, type TextSigner } from '../../ledger/signatures.ts';
import type { DecideMessage } from '../../contracts/messages.ts';
import type { IncidentInput } from '../../contracts/messages.ts';

/** An Ed25519 private key, PKCS #8 PEM. */
function freshKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** Key of the door that tests decide through, one a process. */
export const TEST_DOOR_PEM = freshKey();

/** Signs as that door. */
export const testDoor: TextSigner = textSigner(TEST_DOOR_PEM)!;

/** Somebody who signs with a key that nobody knows yet. */
export function freshSigner(): TextSigner {
  return textSigner(freshKey())!;
}

/** The statement of a message, as the door would make it at that time. */
export function statementOf(
  { incident, planHash }: Pick<IncidentInput, 'incident' | 'planHash'>,
  { gate, digest, answer, by, role, breakGlass = false }: Omit<DecideMessage, 'id'>,
  changes: Partial<DecisionStatement> = {},
  nowMs = Date.now(),
): DecisionStatement {
  const { step, visit } = gateParts(gate) ?? { step: '', visit: 0 };
  return {
    ...{ incident, planHash, step, visit, gate, digest, answer, person: by, role, breakGlass, factor: NO_FACTOR },
    decidedAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + DECISION_VALID_MS).toISOString(),
    ...changes,
  };
}

/** A statement with the signature of a door. */
export function signedBy(door: TextSigner, statement: DecisionStatement, personal?: string): DecisionProof {
  const signature = door.sign(statementText(statement));
  return { statement, key: door.publicKey, signature, ...(personal === undefined ? {} : { personal }) };
}

/** The proof that the tests' door gives of a message. */
export function proofOf(...statement: Parameters<typeof statementOf>): DecisionProof {
  return signedBy(testDoor, statementOf(...statement));
}
