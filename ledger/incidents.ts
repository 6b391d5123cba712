import { CodedError } from '../contracts/errors.ts';
import { incidentId, type Digest, type IncidentId } from '../contracts/ids.ts';
import { ENGINE_VERSION, type IncidentState } from '../contracts/messages.ts';
import type { Mode } from '../contracts/effects.ts';
import { canonicalJson, type JsonObject } from '../contracts/json.ts';
import type { Database, Queryable } from './database.ts';
import type { IncidentRow, IncidentStore, OpenRequest } from './ports.ts';
import { GENESIS, recordHash } from './journal.ts';
import type { Keyring, WrappedKeys } from './keys.ts';

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
  readonly held: boolean;
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
    held: row.held,
  };
}

const COLUMNS =
  'id, mode, state, playbook, plan_hash, incidents.requester, inputs, roles, incidents.opened_at, closed_at, engine_version, held';

/** Answers a repeated request from the inbox. @throws INCIDENT_KEY_REUSED */
async function findJoined(database: Queryable, request: OpenRequest): Promise<IncidentRow> {
  const [known] = await database.query<Row & { readonly request_hash: string }>(
    `select request_hash, ${COLUMNS} from inbox join incidents on id = incident where inbox.requester = $1 and key = $2`,
    [request.requester, request.key],
    'joined-incident',
  );
  if (known!.request_hash !== request.requestHash)
    throw new CodedError(
      'INCIDENT_KEY_REUSED',
      `the idempotency key belongs to ${known!.id}, which was asked for otherwise`,
      { details: { incident: known!.id } },
    );
  return toIncidentRow(known!);
}

/**
 * Takes the key and, where nobody had it, the next number of the year, without gaps: it is taken back when the opening fails.
 * The unique key is the lock: of two deliveries of one alert the second waits here, then finds the first one's row.
 */
const TAKE_KEY = `
with taken as (
  insert into inbox (requester, key, request_hash) values ($1, $2, $3) on conflict do nothing returning key),
numbered as (
  insert into incident_numbers as n (kind, year, last)
  select $4::text, extract(year from now() at time zone 'UTC')::int, 1 from taken
  on conflict (kind, year) do update set last = n.last + 1 returning year, last)
select year, last, to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from numbered`;

/** The incident with its keys, what its key maps to, and the first record of its journal. */
const WRITE_INCIDENT = `
with made as (
  insert into incidents
    (id, mode, state, playbook, plan_hash, requester, inputs, roles, record_key, subject_key, secrets_key, people_key,
     engine_version, held)
  values ($1, $2, 'declared', $3, $4, $5, $6, $7, $8, $9, $10, $11, $18, $19) returning number, opened_at),
mapped as (update inbox set incident = $1 where requester = $5 and key = $12),
headed as (insert into heads (incident, seq, hash) select number, 1, $13::text from made),
noted as (
  insert into journal (incident, seq, key, at, kind, actor, body, prev_hash, hash)
  select number, 1, $14::text, $15::text, $14::text, $5::text, $16::text, $17::text, $13::text from made)
select number, opened_at from made`;

/** A credential is one open incident's: whoever comes second learns whose. What a closed one was about is free again. */
const CLAIM_LEAKS = `
insert into leaks (key, detector, incident, held) select distinct unnest($1::text[]), $2, $3, $4::bool order by 1
on conflict (key) do update set incident = excluded.incident, held = excluded.held, offered = false
  where leaks.incident is null
  or exists (select 1 from incidents where id = leaks.incident and closed_at is not null)
returning 1`;

const OPENED = 'incident.opened';

/** Notes what a new incident is about. @throws INCIDENT_OPEN_ALREADY */
async function claimLeaks(tx: Queryable, incident: IncidentId, { about, requester }: OpenRequest): Promise<void> {
  const keys = [...new Set(about?.keys)];
  if (!about || keys.length === 0) return;
  const claimed = await tx.query(CLAIM_LEAKS, [keys, requester, incident, about.isHeld], 'claim-leaks');
  if (claimed.length === keys.length) return;
  const [other] = await tx.query<{ key: string; incident: string; held: boolean }>(
    'select key, incident, (select held from incidents where id = incident) as held from leaks where key = any($1::text[]) and incident <> $2 order by first_at limit 1',
    [keys, incident],
    'other-incident',
  );
  const place = about.keys.indexOf(other!.key) + 1;
  throw new CodedError('INCIDENT_OPEN_ALREADY', `credential ${place} is what ${other!.incident} is about`, {
    details: { incident: other!.incident, held: other!.held },
  });
}

/** @returns the new incident; `undefined` where the key was taken. */
async function create(
  tx: Queryable,
  keyring: Keyring,
  request: OpenRequest,
): Promise<{ readonly row: IncidentRow; readonly number: number; readonly keys: WrappedKeys } | undefined> {
  const { mode, playbook, planHash, requester, inputs, roles, about, engineVersion = ENGINE_VERSION } = request;
  const held = about?.isHeld === true;
  const kind = mode === 'live' ? 'INC' : 'DRL';
  const [taken] = await tx.query<{ year: number; last: number; at: string }>(
    TAKE_KEY,
    [requester, request.key, request.requestHash, kind],
    'take-key',
  );
  if (!taken) return undefined;
  const incident = incidentId(kind, taken.year, taken.last);
  const keys = keyring.wrapNew(incident);
  const body = { incident, mode, playbook, planHash, roles };
  const record = {
    seq: 1,
    at: taken.at,
    key: OPENED,
    kind: OPENED,
    actor: requester,
    body,
    prevHash: GENESIS,
  } as const;
  const [made] = await tx.query<{ number: number; opened_at: Date }>(
    WRITE_INCIDENT,
    [
      ...[incident, mode, playbook, planHash, requester, JSON.stringify(inputs), JSON.stringify(roles)],
      ...[keys.record, keys.subject, keys.secrets, keys.people, request.key],
      ...[recordHash(incident, record), OPENED, taken.at, canonicalJson(body), GENESIS, engineVersion, held],
    ],
    'write-incident',
  );
  await claimLeaks(tx, incident, request);
  const openedAt = made!.opened_at.toISOString();
  const row = {
    ...{ incident, mode, state: 'declared' as const, playbook, planHash, requester, inputs, roles },
    ...{ openedAt, closedAt: undefined, engineVersion, held },
  };
  return { row, number: made!.number, keys };
}

/** Incidents in PostgreSQL. */
export function incidentStore(database: Database, keyring: Keyring): IncidentStore {
  return {
    async open(request) {
      const made = await database.transaction((tx) => create(tx, keyring, request));
      const row = made?.row ?? (await findJoined(database, request));
      if (made) keyring.learn(row.incident, made.number, made.keys);
      return { incident: row.incident, joined: made === undefined, row };
    },
    async read(incident) {
      const text = `select ${COLUMNS} from incidents where id = $1`;
      const [row] = await database.query<Row>(text, [incident], 'read-incident');
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
