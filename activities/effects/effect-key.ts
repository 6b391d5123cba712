import { createHash } from 'node:crypto';
import { canonicalJson } from '../../contracts/json.ts';
import type { Digest, IncidentId } from '../../contracts/ids.ts';

/** SHA-256 of a value's canonical JSON: what `paramsHash` and receipts are made of. */
export function digestOf(value: unknown): Digest {
  return createHash('sha256').update(canonicalJson(value)).digest('hex') as Digest;
}

/**
 * The key of one generation of an effect: the same for every repeat, another after a person's retry.
 *
 * Providers with idempotency keys get it, and mails carry it in their Message-ID.
 *
 * @returns 32 hex digits; tells nothing about the target to who lacks its subject.
 */
export function effectKey(incident: IncidentId, action: string, subject: string, generation: number): string {
  return createHash('sha256').update([incident, action, subject, generation].join('\n')).digest('hex').slice(0, 32);
}
