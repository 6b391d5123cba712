import { createHash } from 'node:crypto';
import type { IncidentId } from '../../contracts/ids.ts';

const ID_BYTES = 16; // 128 bits of SHA-256: one indexed column instead of three

/** Id of the effect of an action on a subject in an incident. */
export function effectId(incident: IncidentId, action: string, subject: string): Buffer {
  return createHash('sha256').update(`${incident}|${action}|${subject}`).digest().subarray(0, ID_BYTES);
}

/** Entries ordered by id, each id once: two pages over the same subjects must lock rows in one order. */
export function inIdOrder<Entry extends { readonly id: Buffer }>(entries: readonly Entry[]): readonly Entry[] {
  const unique = new Map(entries.map((entry) => [entry.id.toString('hex'), entry]));
  return [...unique].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, entry]) => entry);
}
