import { assess, type Assessment } from '../../obligations/assess.ts';
import { factsOf } from '../incident-record.ts';
import type { Catalogue } from '../../obligations/record.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Ledger } from '../../ledger/ports.ts';

/**
 * What `engine.assess` asks: duties and clocks from the facts, from who said them, and from the filings recorded so far.
 *
 * @param ledger - journal (whether awareness is decided or only proposed) and filings are read from it.
 * @param catalogue - loaded once, when the worker starts.
 */
export function dutyAssessor(
  ledger: Ledger,
  catalogue: Catalogue,
): (incident: IncidentId, values: JsonObject, openedAt: string) => Promise<Assessment> {
  return async (incident, values, openedAt) => {
    const [facts, filings] = await Promise.all([factsOf(ledger, incident, values), ledger.duties.filings(incident)]);
    return assess({ incident, facts, openedAt, filings }, catalogue);
  };
}
