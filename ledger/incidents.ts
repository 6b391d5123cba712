import { CodedError } from '../contracts/errors.ts';
import { incidentId, type Digest, type IncidentId } from '../contracts/ids.ts';
import type { IncidentState } from '../contracts/messages.ts';
import type { Mode } from '../contracts/effects.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Database, Queryable } from './database.ts';
import type { IncidentRow, IncidentStore, OpenRequest } from './ports.ts';
import { appendRecords } from './journal.ts';
import type { Keyring } from './keys.ts';

interface Row {
  readonly id: string;
  readonly mode: Mode;
  readonly state: IncidentState;
  readonly playbook: string;
  readonly plan_hash: string;
  readonly requester: string;
  readonly inputs: JsonObject;
  readonly roles: Record<string, readonly string[]>;
  readonly opened_at: Date;
  readonly closed_at: Date | null;
}

function toIncidentRow(row: Row): IncidentRow {
  return {
    incident: row.id as IncidentId,
    mode: row.mode,
    state: row.state,
    playbook: row.playbook,
    planHash: row.plan_hash as Digest,
    requester: row.requester,
    inputs: row.inputs,
    roles: row.roles,
    openedAt: row.opened_at.toISOString(),
    closedAt: row.closed_at?.toISOString(),
  };
}

const COLUMNS = 'id, mode, state, playbook, plan_hash, requester, inputs, roles, opened_at, closed_at';

/** Answers a repeated request from the inbox. @throws INCIDENT_KEY_REUSED */
async function findJoined(tx: Queryable, request: OpenRequest): Promise<IncidentId | undefined> {
  const [known] = await tx.query<{ request_hash: string; incident: string }>(
    'select request_hash, incident from inbox where requester = $1 and key = $2',
    [request.requester, request.key],
  );
  if (known && known.request_hash !== request.requestHash) {
    throw new CodedError(
      'INCIDENT_KEY_REUSED',
      `the idempotency key belongs to ${known.incident}, which was asked for otherwise`,
    );
  }
  return known?.incident as IncidentId | undefined;
}

async function create(tx: Queryable, keyring: Keyring, request: OpenRequest): Promise<IncidentId> {
  // The row lock on the installation orders openings: two deliveries of one alert cannot both create.
  const [counter] = await tx.query<{ next_number: number; year: number }>(
    "update installation set next_number = next_number + 1 returning next_number - 1 as next_number, extract(year from now() at time zone 'UTC')::int as year",
  );
  const joined = await findJoined(tx, request);
  if (joined) return joined;
  const incident = incidentId(request.mode === 'live' ? 'INC' : 'DRL', counter!.year, counter!.next_number);
  const keys = keyring.wrapNew(incident);
  const [row] = await tx.query<{ number: number }>(
    `insert into incidents (id, mode, state, playbook, plan_hash, requester, inputs, roles, subject_key, secrets_key, people_key)
     values ($1, $2, 'declared', $3, $4, $5, $6, $7, $8, $9, $10) returning number`,
    [
      ...[incident, request.mode, request.playbook, request.planHash, request.requester],
      ...[JSON.stringify(request.inputs), JSON.stringify(request.roles), keys.subject, keys.secrets, keys.people],
    ],
  );
  await tx.query('insert into inbox (requester, key, request_hash, incident) values ($1, $2, $3, $4)', [
    ...[request.requester, request.key, request.requestHash, incident],
  ]);
  await appendRecords(tx, incident, row!.number, [
    {
      key: 'incident.opened',
      kind: 'incident.opened',
      actor: request.requester,
      body: {
        incident,
        mode: request.mode,
        playbook: request.playbook,
        planHash: request.planHash,
        roles: request.roles,
      },
    },
  ]);
  return incident;
}

/** Incidents in PostgreSQL. */
export function incidentStore(database: Database, keyring: Keyring): IncidentStore {
  return {
    async open(request) {
      const joined = await findJoined(database, request);
      if (joined) return { incident: joined, joined: true };
      const incident = await database.transaction((tx) => create(tx, keyring, request));
      return { incident, joined: false };
    },
    async read(incident) {
      const [row] = await database.query<Row>(`select ${COLUMNS} from incidents where id = $1`, [incident]);
      return row && toIncidentRow(row);
    },
    async list({ limit, before }) {
      const rows = await database.query<Row>(
        `select ${COLUMNS} from incidents
         where $2::text is null or number < (select number from incidents where id = $2) order by number desc limit $1`,
        [limit, before ?? null],
      );
      return rows.map(toIncidentRow);
    },
    async setState(incident, state) {
      await database.query(
        "update incidents set state = $2, closed_at = case when $2 = 'closed' then coalesce(closed_at, now()) end where id = $1",
        [incident, state],
      );
    },
    async destroyKeys(incident, keyClass) {
      const column = keyClass === 'secrets' ? 'secrets_key' : 'people_key';
      await database.query(`update incidents set ${column} = null where id = $1`, [incident]);
      keyring.forget(incident);
    },
    fingerprint: (value) => keyring.fingerprint(value),
    personSubject: (incident, person) => keyring.personSubject(incident, person),
  };
}
