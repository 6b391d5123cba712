import { covers } from '../../contracts/holds.ts';
import { SENDING } from './told.ts';
import type { DatasetRow } from '../../contracts/dataset.ts';
import type { EffectState } from '../../contracts/effects.ts';
import type { GoneOut, HoldReport } from '../../contracts/returns.ts';
import type { HoldView } from '../../contracts/returns.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { Ledger } from '../../ledger/ports.ts';

/** States of notices that left the house, or may have. */
const GONE: readonly EffectState[] = ['claimed', 'accepted', 'unknown', 'bounced', 'complained'];
const NOTICES_MAX = 1_000_000; // of one incident
const BATCH = 500;
const LISTED = 1_000;

/**
 * What had gone out, or was under way, to those whom a hold covers: what counsel must know about it.
 *
 * Names nobody: subjects are pseudonyms, the same as in receipts and bundles.
 */
export async function goneOut(ledger: Ledger, incident: IncidentId, hold: HoldView): Promise<HoldReport> {
  const subjects = await ledger.effects.subjects(incident, SENDING, GONE, NOTICES_MAX);
  const people = hold.audience === 'everyone' ? undefined : await peopleOf(ledger, incident);
  const covered = subjects.filter((subject) => {
    const row = people?.get(personOf(subject));
    return people === undefined || (row !== undefined && covers(hold.audience, row));
  });
  const counts: Record<string, number> = {};
  const listed: GoneOut[] = [];
  for (let from = 0; from < covered.length; from += BATCH) {
    const rows = await ledger.effects.states(incident, SENDING, covered.slice(from, from + BATCH));
    for (const { subject, state, settledAt } of rows) {
      counts[state] = (counts[state] ?? 0) + 1;
      if (listed.length < LISTED)
        listed.push({ subject, state, ...(settledAt === undefined ? {} : { at: settledAt }) });
    }
  }
  return { hold, counts, goneOut: listed };
}

/** Every person of an incident's datasets, by subject; without addresses. */
async function peopleOf(ledger: Ledger, incident: IncidentId): Promise<ReadonlyMap<string, DatasetRow>> {
  const people = new Map<string, DatasetRow>();
  for (const dataset of await ledger.inventory.datasets(incident)) {
    if (dataset.kind !== 'people') continue;
    for await (const row of ledger.datasets.stream(incident, dataset)) people.set(row.subject, row);
  }
  return people;
}

/** The reader of a notice's subject: `<notice>/<round>/<person>`. */
function personOf(subject: string): string {
  return subject.slice(subject.lastIndexOf('/') + 1);
}
