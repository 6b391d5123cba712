import { CodedError } from '../contracts/errors.ts';
import { incidentId, type Digest, type IncidentId } from '../contracts/ids.ts';
import { ENGINE_VERSION, type IncidentState } from '../contracts/messages.ts';
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
  readonly engine_version: number;
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
    engineVersion: row.engine_version,
  };
}

const COLUMNS = 'id, mode, state, playbook, plan_hash, requester, inputs, roles, opened_at, closed_at, engine_version';

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
      { details: { incident: known.incident } },
    );
  }
  return known?.incident as IncidentId | undefined;
}

/** Running number of the year, without gaps: it is taken back when the opening fails. */
async function nextId(tx: Queryable, kind: 'INC' | 'DRL'): Promise<IncidentId> {
  const [row] = await tx.query<{ year: number; last: number }>(
    `insert into incident_numbers as n (kind, year, last) values ($1, extract(year from now() at time zone 'UTC')::int, 1)
     on conflict (kind, year) do update set last = n.last + 1 returning year, last`,
    [kind],
  );
  return incidentId(kind, row!.year, row!.last);
}

async function create(tx: Queryable, keyring: Keyring, request: OpenRequest): Promise<IncidentId | undefined> {
  // The unique key is the lock: of two deliveries of one alert the second waits here, then finds the first one's row.
  const taken = await tx.query(
    'insert into inbox (requester, key, request_hash) values ($1, $2, $3) on conflict do nothing returning key',
    [request.requester, request.key, request.requestHash],
  );
  if (taken.length === 0) return undefined;
  const incident = await nextId(tx, request.mode === 'live' ? 'INC' : 'DRL');
  const keys = keyring.wrapNew(incident);
  const [row] = await tx.query<{ number: number }>(
    `insert into incidents
       (id, mode, state, playbook, plan_hash, requester, inputs, roles, record_key, subject_key, secrets_key, people_key,
        engine_version)
     values ($1, $2, 'declared', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning number`,
    [
      ...[incident, request.mode, request.playbook, request.planHash, request.requester],
      ...[JSON.stringify(request.inputs), JSON.stringify(request.roles)],
      ...[keys.record, keys.subject, keys.secrets, keys.people, request.engineVersion ?? ENGINE_VERSION],
    ],
  );
  await tx.query('update inbox set incident = $3 where requester = $1 and key = $2', [
    ...[request.requester, request.key, incident],
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
      if (incident) return { incident, joined: false };
      return { incident: (await findJoined(database, request))!, joined: true };
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
      const moved = await database.query(
        "update incidents set state = $2, closed_at = case when $2 = 'closed' then coalesce(closed_at, now()) end where id = $1 returning 1",
        [incident, state],
      );
      if (moved.length === 0) throw new CodedError('INCIDENT_UNKNOWN', `there is no incident ${incident}`);
    },
    async destroyKeys(incident, keyClass) {
      // With the people's key goes the one that names them: nobody can test any more whether a person was among them.
      const columns = keyClass === 'secrets' ? 'secrets_key = null' : 'people_key = null, subject_key = null';
      await database.query(`update incidents set ${columns} where id = $1`, [incident]);
      keyring.forget(incident);
    },
    fingerprint: (value) => keyring.fingerprint(value),
    personSubject: (incident, person) => keyring.personSubject(incident, person),
  };
}
