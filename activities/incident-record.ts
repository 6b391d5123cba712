import { CodedError } from '../contracts/errors.ts';
import { actionCatalogue } from '../contracts/catalogue.ts';
import { isFactKey, knownFacts, type KnownFacts } from '../obligations/known-facts.ts';
import type { EffectCounts } from '../contracts/effects.ts';
import type { Fact } from '../contracts/facts.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { IncidentRow, Ledger } from '../ledger/ports.ts';
import type { JournalRecord } from '../contracts/journal.ts';
import type { JsonObject } from '../contracts/json.ts';

const RECORDS_A_READ = 500; // journal records a statement

/** Every journal record of some kinds, oldest first. */
export async function journalOf(
  ledger: Ledger,
  incident: IncidentId,
  kinds: readonly JournalRecord['kind'][],
): Promise<readonly JournalRecord[]> {
  const found: JournalRecord[] = [];
  for (let after = 0; ;) {
    const records = await ledger.journal.read(incident, { after, limit: RECORDS_A_READ });
    found.push(...records.filter(({ kind }) => kinds.includes(kind)));
    const last = records.at(-1);
    if (!last || records.length < RECORDS_A_READ) return found;
    after = last.seq;
  }
}

/**
 * Facts with who said them: the journal's fact records, and on top of them the values that came with the call.
 *
 * @param values - newest values as the workflow gave them; they win where the journal is behind.
 */
export async function factsOf(ledger: Ledger, incident: IncidentId, values: JsonObject): Promise<KnownFacts> {
  const records = await journalOf(ledger, incident, ['fact']);
  return knownFacts(values, records.flatMap(toFact));
}

function toFact({ body, at, actor }: JournalRecord): readonly Fact[] {
  const { key, value, source, confidence, by } = body;
  if (typeof key !== 'string' || !isFactKey(key) || value === undefined) return [];
  return [
    {
      key,
      value,
      at: typeof body['at'] === 'string' ? body['at'] : at,
      source: typeof source === 'string' ? source : 'journal',
      confidence: confidence === 'proposed' || confidence === 'decided' ? confidence : 'stated',
      by: typeof by === 'string' ? by : actor,
    },
  ];
}

/** Counts of every acting action of the incident; actions that did nothing are left out. */
export async function effectsOf(ledger: Ledger, incident: IncidentId): Promise<Readonly<Record<string, EffectCounts>>> {
  const acting = [...actionCatalogue.values()].filter(({ effect }) => effect !== 'none').map(({ name }) => name);
  const counted = await Promise.all(
    acting.map(async (name) => [name, await ledger.effects.counts(incident, name)] as const),
  );
  return Object.fromEntries(counted.filter(([, counts]) => Object.keys(counts).length > 0));
}

/** The incident's row. @throws INCIDENT_UNKNOWN */
export async function incidentOf(ledger: Ledger, incident: IncidentId): Promise<IncidentRow> {
  const row = await ledger.incidents.read(incident);
  if (!row) throw new CodedError('INCIDENT_UNKNOWN', `there is no incident ${incident}`);
  return row;
}
