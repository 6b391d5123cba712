import { canonicalJson, isJsonObject } from './json.ts';
import type { Digest, IncidentId } from './ids.ts';

/** An Ed25519 public key as files and records write it: `ed25519:` and its 32 bytes in base64url. */
export const PUBLIC_KEY = /^ed25519:[A-Za-z0-9_-]{43}$/;
/** An Ed25519 signature: 64 bytes in base64url. */
export const SIGNATURE = /^[A-Za-z0-9_-]{86}$/;

/** What a door vouches for: one person's answer at one gate, on exactly what the gate showed. */
export interface DecisionStatement {
  readonly incident: IncidentId;
  readonly planHash: Digest;
  readonly step: string;
  readonly visit: number;
  readonly gate: string;
  /** What the person saw. */
  readonly digest: Digest;
  readonly answer: 'approve' | 'reject';
  readonly person: string;
  readonly role: string;
  readonly breakGlass: boolean;
  /** ISO 8601 UTC, the door's clock. */
  readonly decidedAt: string;
  /** After this nothing new is opened by it, ISO 8601 UTC. */
  readonly expiresAt: string;
  /** What the person proved beside the door's own check: nothing, or the public key that signed too. */
  readonly factor: string;
}

/** A decision with the signature of the door that took it. */
export interface DecisionProof {
  readonly statement: DecisionStatement;
  /** Public key of the door. */
  readonly key: string;
  /** Of {@link statementText}. */
  readonly signature: string;
  /** Of {@link personalText}, by the key that is the statement's factor. */
  readonly personal?: string;
}

/** What a person's own key signs. The digest binds it to targets, texts, facts and connector. */
export type PersonalStatement = Pick<
  DecisionStatement,
  'incident' | 'planHash' | 'gate' | 'digest' | 'answer' | 'breakGlass'
>;

/** Factor of a decision that stands on the door's check alone. */
export const NO_FACTOR = 'none';

/** How long a decision may wait until it opens something, in milliseconds; then people are asked again. */
export const DECISION_VALID_MS = 72 * 3_600_000; // a weekend: who said yes on Friday is not asked again on Sunday

/** What the door signs: the words in front keep the signature from meaning anything else. */
export function statementText(statement: DecisionStatement): string {
  return `firebreak decision 1\n${canonicalJson(statement)}\n`;
}

/** What a person signs. */
export function personalText({ incident, planHash, gate, digest, answer, breakGlass }: PersonalStatement): string {
  return `firebreak approval 1\n${canonicalJson({ incident, planHash, gate, digest, answer, breakGlass })}\n`;
}

/** Step, visit and kind of a gate, from its id: `round/contain#1:approval`, a later one of the same `...:approval:2`. */
export function gateParts(
  gate: string,
): { readonly step: string; readonly visit: number; readonly kind: string } | undefined {
  const [, step, visit, kind] = /^([a-z0-9/-]+)#(\d{1,6}):([a-z]+)(?::\d+)?$/.exec(gate) ?? [];
  return step === undefined || kind === undefined ? undefined : { step, visit: Number(visit), kind };
}

/** What each member of a statement is. */
const MEMBERS: Readonly<Record<keyof DecisionStatement, 'string' | 'number' | 'boolean'>> = {
  ...{ incident: 'string', planHash: 'string', step: 'string', visit: 'number', gate: 'string', digest: 'string' },
  ...{ answer: 'string', person: 'string', role: 'string', breakGlass: 'boolean' },
  ...{ decidedAt: 'string', expiresAt: 'string', factor: 'string' },
};

/** Whether a value has the shape of a proof; whether it holds is another question. */
export function isDecisionProof(value: unknown): value is DecisionProof {
  if (!isJsonObject(value) || !isJsonObject(value['statement'])) return false;
  const { statement, key, signature, personal } = value;
  return (
    Object.keys(statement).length === Object.keys(MEMBERS).length &&
    Object.entries(MEMBERS).every(([name, type]) => typeof statement[name] === type) &&
    typeof key === 'string' &&
    typeof signature === 'string' &&
    (personal === undefined || typeof personal === 'string')
  );
}
