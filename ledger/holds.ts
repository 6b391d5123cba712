import { randomUUID } from 'node:crypto';
import { CodedError } from '../contracts/errors.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { Database } from './database.ts';
import type { HoldView } from '../contracts/returns.ts';
import type { HoldStore } from './hold-ports.ts';
import { appendRecords } from './journal.ts';
import type { Keyring } from './keys.ts';

/** Effects that a hold withheld carry this code; nothing else withholds under it. */
const HELD = 'NOTICE_HELD';

interface Row {
  readonly id: string;
  readonly audience: string;
  readonly placed_by: string;
  readonly basis: string;
  readonly placed_at: Date;
  readonly until: Date | null;
  readonly lifted_at: Date | null;
  readonly lifted_by: string | null;
  readonly reason: string | null;
  readonly active: boolean;
}

const ACTIVE = 'lifted_at is null and coalesce(until > clock_timestamp(), true)';
const COLUMNS = `id, audience, placed_by, basis, placed_at, until, lifted_at, lifted_by, reason, ${ACTIVE} as active`;

function toHold({ id, audience, basis, active, ...row }: Row): HoldView {
  return {
    ...{ id, audience, basis, active, by: row.placed_by, at: row.placed_at.toISOString() },
    ...(row.until === null ? {} : { until: row.until.toISOString() }),
    ...(row.lifted_at === null ? {} : { liftedAt: row.lifted_at.toISOString() }),
    ...(row.lifted_by === null ? {} : { liftedBy: row.lifted_by }),
    ...(row.reason === null ? {} : { reason: row.reason }),
  };
}

/** Withheld by a hold, and no hold of the incident stands any more. */
const RELEASE_RUN_OUT = `
update effects e set state = 'planned', code = null
where e.incident in (select incident from holds) and e.state = 'withheld' and e.code = '${HELD}'
  and not exists (select 1 from holds h where h.incident = e.incident and ${ACTIVE})`;

const RELEASE = `
update effects set state = 'planned', code = null
where incident = $1 and state = 'withheld' and code = '${HELD}' and ($2::text[] is null or subject = any($2::text[]))
returning subject`;

type Read = (incident: IncidentId, where: string) => Promise<readonly HoldView[]>;

function reader(database: Database, keyring: Keyring): Read {
  return async (incident, where) => {
    const rows = await database.query<Row>(
      `select ${COLUMNS} from holds where incident = $1 and ${where} order by placed_at, id`,
      [await keyring.number(incident)],
      where === ACTIVE ? 'active-holds' : undefined,
    );
    return rows.map(toHold);
  };
}

/** Placing and lifting, each in one commit with its journal record. */
function changes(database: Database, keyring: Keyring): Pick<HoldStore, 'add' | 'lift'> {
  return {
    async add(incident, { key, audience, by, basis, until }) {
      const number = await keyring.number(incident);
      return database.transaction(async (tx) => {
        const placed = await tx.query(
          `insert into holds (id, incident, key, audience, placed_by, basis, until) values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (incident, key) do nothing returning id`,
          [randomUUID(), number, key, audience, by, basis, until ?? null],
        );
        const [row] = await tx.query<Row & { readonly same: boolean }>(
          `select ${COLUMNS}, (audience = $3 and placed_by = $4 and basis = $5 and until is not distinct from $6) as same
           from holds where incident = $1 and key = $2`,
          [number, key, audience, by, basis, until ?? null],
        );
        const hold = toHold(row!);
        if (!row!.same)
          throw new CodedError('INCIDENT_KEY_REUSED', `the idempotency key belongs to another hold of ${incident}`);
        const body = { hold: hold.id, audience, basis, until: hold.until ?? null };
        const record = { key: `hold:${hold.id}:placed`, kind: 'hold', actor: by, body } as const;
        if (placed.length > 0) await appendRecords(tx, incident, number, [record]);
        return hold;
      });
    },
    async lift(incident, id, { by, reason }) {
      const number = await keyring.number(incident);
      return database.transaction(async (tx) => {
        const lifted = await tx.query(
          `update holds set lifted_at = clock_timestamp(), lifted_by = $3, reason = $4
           where incident = $1 and id::text = $2 and lifted_at is null returning id`,
          [number, id, by, reason],
        );
        const [row] = await tx.query<Row>(`select ${COLUMNS} from holds where incident = $1 and id::text = $2`, [
          number,
          id,
        ]);
        if (!row) throw new CodedError('HOLD_UNKNOWN', `${incident} has no hold of that id`);
        if (lifted.length === 0) return toHold(row);
        await tx.query(RELEASE, [number, null]); // those whom another hold covers are withheld again at their claim
        const body = { hold: id, lifted: true, reason };
        await appendRecords(tx, incident, number, [{ key: `hold:${id}:lifted`, kind: 'hold', actor: by, body }]);
        return toHold(row);
      });
    },
  };
}

/** Holds in PostgreSQL. */
export function holdStore(database: Database, keyring: Keyring): HoldStore {
  const read = reader(database, keyring);
  return {
    ...changes(database, keyring),
    list: (incident) => read(incident, 'true'),
    active: (incident) => read(incident, ACTIVE),
    async release(incident, subjects) {
      const rows = await database.query<{ subject: string }>(RELEASE, [await keyring.number(incident), subjects]);
      return rows.map(({ subject }) => subject);
    },
    async releaseRunOut() {
      await database.query(RELEASE_RUN_OUT);
    },
  };
}
