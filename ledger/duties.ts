import type { IncidentId } from '../contracts/ids.ts';
import type { ObligationStatus } from '../contracts/messages.ts';
import type { OpenDuty } from '../contracts/watchdog.ts';
import type { Database } from './database.ts';
import type { DutyStore, FilingRow, FollowUpRow } from './ports.ts';
import type { Keyring } from './keys.ts';

type Ticket = Awaited<ReturnType<DutyStore['tickets']>>[number];

const RUNNING: readonly ObligationStatus['state'][] = ['provisional', 'running', 'overdue'];

function openDuty(incident: IncidentId, { id, title, dueAt, state }: ObligationStatus): readonly OpenDuty[] {
  return dueAt !== undefined && RUNNING.includes(state) ? [{ incident, obligation: id, title, dueAt }] : [];
}

/** Filings, follow-ups, tickets and obligations in PostgreSQL: small documents by kind and id, the newest counts. */
export function dutyStore(database: Database, keyring: Keyring): DutyStore {
  async function put(incident: IncidentId, kind: string, id: string, body: unknown): Promise<void> {
    await database.query(
      'insert into duties (incident, kind, id, body) values ($1, $2, $3, $4) on conflict (incident, kind, id) do update set body = excluded.body',
      [await keyring.number(incident), kind, id, JSON.stringify(body)],
    );
  }
  async function list<Body>(incident: IncidentId, kind: string): Promise<readonly Body[]> {
    const rows = await database.query<{ body: Body }>(
      'select body from duties where incident = $1 and kind = $2 order by at, id',
      [await keyring.number(incident), kind],
    );
    return rows.map(({ body }) => body);
  }
  return {
    putFiling: (incident, filing) => put(incident, 'filing', filing.id, filing),
    filings: (incident) => list<FilingRow>(incident, 'filing'),
    putFollowUp: (incident, followUp) => put(incident, 'follow-up', followUp.id, followUp),
    followUps: (incident) => list<FollowUpRow>(incident, 'follow-up'),
    putTicket: (incident, ticket) => put(incident, 'ticket', `${ticket.connector}/${ticket.id}`, ticket),
    tickets: (incident) => list<Ticket>(incident, 'ticket'),
    putObligations: (incident, obligations) => put(incident, 'obligations', 'newest', obligations),
    open: async () => {
      const rows = await database.query<{ incident: IncidentId; body: readonly ObligationStatus[] }>(
        `select i.id as incident, d.body from duties d join incidents i on i.number = d.incident
         where d.kind = 'obligations' and i.mode = 'live' and i.closed_at is null order by i.number`,
      );
      return rows.flatMap(({ incident, body }) => body.flatMap((duty) => openDuty(incident, duty)));
    },
    obligations: async (incident) => (await list<readonly ObligationStatus[]>(incident, 'obligations'))[0] ?? [],
  };
}
