import { hash } from 'node:crypto';
import { canonicalJson } from '../../contracts/json.ts';
import type { Digest, IncidentId } from '../../contracts/ids.ts';

/** SHA-256 of a value's canonical JSON: what `paramsHash` and receipts are made of. */
export function digestOf(value: unknown): Digest {
  return hash('sha256', canonicalJson(value)) as Digest;
}

/**
 * The key of one generation of an effect: the same for every repeat, another after a person's retry.
 *
 * Providers with idempotency keys get it, and mails carry it in their Message-ID.
 *
 * @returns 32 hex digits; tells nothing about the target to who lacks its subject.
 */
export function effectKey(incident: IncidentId, action: string, subject: string, generation: number): string {
  return hash('sha256', [incident, action, subject, generation].join('\n')).slice(0, 32);
}
