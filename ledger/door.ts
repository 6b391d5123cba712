import { CodedError } from '../contracts/errors.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { Database } from './database.ts';
import type { DoorRefusal, DoorStore } from './door-port.ts';

const KEYS_KEPT = "interval '30 days'"; // as long as deliveries: longer than anybody sends a request again
const REFUSALS_KEPT = "interval '400 days'"; // a year, and the time to look back on it

const REFUSE = `
insert into door_refusals as r (minute, who, route, code, times, incident, request, first_at, last_at)
select * from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
  $8::timestamptz[], $9::timestamptz[]) order by 1, 2, 3, 4
on conflict (minute, who, route, code) do update set times = r.times + excluded.times,
  incident = case when excluded.last_at >= r.last_at then excluded.incident else r.incident end,
  request = case when excluded.last_at >= r.last_at then excluded.request else r.request end,
  first_at = least(r.first_at, excluded.first_at), last_at = greatest(r.last_at, excluded.last_at)`;

const NEWEST = '9223372036854775807'; // of bigint: before every row

/** Pages of refusals, newest first, by the index that fits what is asked for. */
export const refusalPages = {
  all: `select * from door_refusals where id < coalesce($2::bigint, ${NEWEST}) order by id desc limit $1`,
  who: `select * from door_refusals where who = $3 and id < coalesce($2::bigint, ${NEWEST}) order by id desc limit $1`,
  code: `select * from door_refusals where code = $3 and id < coalesce($2::bigint, ${NEWEST}) order by id desc limit $1`,
  both: `select * from door_refusals where who = $3 and code = $4 and id < coalesce($2::bigint, ${NEWEST})
    order by id desc limit $1`,
} as const;

interface Row {
  readonly id: number;
  readonly minute: Date;
  readonly who: string;
  readonly route: string;
  readonly code: string;
  readonly times: number;
  readonly incident: string | null;
  readonly request: string;
  readonly first_at: Date;
  readonly last_at: Date;
}

function toRefusal(row: Row): DoorRefusal & { readonly id: number } {
  const { id, minute, who, route, code, times, incident, request } = row;
  return {
    ...{ id, minute: minute.toISOString(), who, route, code, times, request },
    ...(incident === null ? {} : { incident: incident as IncidentId }),
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
  };
}

/** What the doors keep, in PostgreSQL. */
export function doorStore(database: Database): DoorStore {
  return {
    async refuse(refusals) {
      const column = (name: keyof DoorRefusal): readonly unknown[] => refusals.map((one) => one[name] ?? null);
      await database.query(
        REFUSE,
        (['minute', 'who', 'route', 'code', 'times', 'incident', 'request', 'firstAt', 'lastAt'] as const).map(column),
        'door-refuse',
      );
    },
    async refusals({ limit, before, who, code }) {
      const given = [who, code].filter((one) => one !== undefined);
      const page = given.length === 2 ? 'both' : who !== undefined ? 'who' : code !== undefined ? 'code' : 'all';
      const rows = await database.query<Row>(refusalPages[page], [limit, before ?? null, ...given]);
      return rows.map(toRefusal);
    },
    async takeKey(requester, key, hash) {
      const taken = await database.query(
        'insert into door_requests (requester, key, request_hash) values ($1, $2, $3) on conflict do nothing returning 1',
        [requester, key, hash],
      );
      if (taken.length > 0) return;
      const [known] = await database.query<{ request_hash: string }>(
        'select request_hash from door_requests where requester = $1 and key = $2',
        [requester, key],
      );
      if (known?.request_hash !== hash)
        throw new CodedError('INCIDENT_KEY_REUSED', 'the idempotency key was used for something else');
    },
    async forget() {
      await database.query(`delete from door_requests where at < now() - ${KEYS_KEPT}`);
      await database.query(`delete from door_refusals where minute < now() - ${REFUSALS_KEPT}`);
    },
  };
}
