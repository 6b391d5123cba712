import type { FilingRow, FollowUpRow } from '../../ledger/ports.ts';
import type { ObligationStatus } from '../../contracts/messages.ts';

/** What the ledger holds of an incident's duties. */
export interface Duties {
  readonly obligations: readonly ObligationStatus[];
  readonly filings: readonly FilingRow[];
  readonly followUps: readonly FollowUpRow[];
}

/**
 * What keeps an incident from closing, one sentence each.
 *
 * An obligation is done when it is filed with reference and time, or decided not required; a filing that was recorded
 * after the newest assessment counts. A follow-up needs owner and date; it need not be done.
 *
 * @returns empty when the incident may close.
 */
export function openDuties({ obligations, filings, followUps }: Duties): readonly string[] {
  const duties = obligations
    .filter((obligation) => !isDone(obligation, filings))
    .map(
      ({ id, title, state, of, dueAt }) => `${id} (${title}) is ${state}${dueAt ? `, due ${dueAt}` : ''}; ask ${of}`,
    );
  const drafts = filings
    .filter(({ state }) => state === 'draft')
    .map(({ id, kind }) => `filing ${id} (${kind}) is neither filed nor recorded as not filed`);
  const work = followUps
    .filter(({ owner, dueAt }) => owner === undefined || dueAt === undefined)
    .map(({ id, owner }) => `follow-up ${id} has no ${owner === undefined ? 'owner' : 'date'}`);
  return [...duties, ...drafts, ...work];
}

function isDone({ state, filing }: ObligationStatus, filings: readonly FilingRow[]): boolean {
  if (state === 'filed' || state === 'not-required') return true;
  return filing !== undefined && filings.some(({ kind, state: end }) => kind === filing && end !== 'draft');
}
