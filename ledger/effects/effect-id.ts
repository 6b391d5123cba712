import { hash } from 'node:crypto';
import { CodedError } from '../../contracts/errors.ts';
import type { IncidentId } from '../../contracts/ids.ts';

const ID_BYTES = 16; // 128 bits of SHA-256: one indexed column instead of three

/** Id of the effect of an action on a subject in an incident. */
export function effectId(incident: IncidentId, action: string, subject: string): Buffer {
  return hash('sha256', `${incident}|${action}|${subject}`, 'buffer').subarray(0, ID_BYTES);
}

/**
 * Entries of a batch ordered by id: two pages over the same subjects must lock rows in one order.
 *
 * @throws EFFECT_BATCH_REPEATS when a subject occurs twice: both callers would take the one claim for theirs.
 */
export function inIdOrder<Entry extends { readonly id: Buffer }>(entries: readonly Entry[]): readonly Entry[] {
  const ordered = [...entries].sort((left, right) => left.id.compare(right.id));
  const repeated = ordered.find((entry, index) => index > 0 && ordered[index - 1]!.id.equals(entry.id));
  if (repeated)
    throw new CodedError('EFFECT_BATCH_REPEATS', `a batch holds the effect ${repeated.id.toString('hex')} twice`);
  return ordered;
}
