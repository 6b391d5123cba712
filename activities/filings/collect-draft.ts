import { effectsOf, factsOf, incidentOf, journalOf } from '../incident-record.ts';
import type { ActionCall } from '../../contracts/effects.ts';
import type { DraftEvidence, DraftInput } from '../../obligations/drafts/draft.ts';
import type { FilingRow, Ledger } from '../../ledger/ports.ts';
import type { IncidentId } from '../../contracts/ids.ts';

/** Everything that a draft of a kind is made from. @throws INCIDENT_UNKNOWN */
export async function collectDraft(
  ledger: Ledger,
  call: ActionCall,
  kind: FilingRow['kind'],
  preparedAt: string,
): Promise<DraftInput> {
  const { incident } = call;
  const [row, facts, effects, filings, obligations, evidence] = await Promise.all([
    incidentOf(ledger, incident),
    factsOf(ledger, incident, call.facts),
    effectsOf(ledger, incident),
    ledger.duties.filings(incident),
    ledger.duties.obligations(incident),
    evidenceOf(ledger, incident),
  ]);
  const duty = obligations.find(({ filing }) => filing === kind);
  return {
    incident,
    facts,
    preparedAt,
    openedAt: row.openedAt,
    dueAt: duty?.dueAt,
    isDueDecided: duty !== undefined && duty.state !== 'provisional',
    effects,
    filings,
    evidence,
  };
}

async function evidenceOf(ledger: Ledger, incident: IncidentId): Promise<readonly DraftEvidence[]> {
  const records = await journalOf(ledger, incident, ['evidence']);
  return records.flatMap(({ body, at }) => {
    const { name, digest, takenAt } = body;
    if (typeof digest !== 'string') return [];
    return [
      {
        name: typeof name === 'string' ? name : 'evidence',
        digest,
        takenAt: typeof takenAt === 'string' ? takenAt : at,
      },
    ];
  });
}
