import type { AlertOutcome, AlertView, DeliveryAnswer, Severity } from '../contracts/detectors.ts';
import type { Mode } from '../contracts/effects.ts';
import { CodedError } from '../contracts/errors.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { AlertStore, DeliveryKey, Leak } from './alert-port.ts';
import type { Database } from './database.ts';

const KEPT = "interval '30 days'"; // longer than any sender delivers again, and than an engine remembers a run

/** An alert's row. */
export interface AlertRow {
  readonly detector: string;
  readonly event: string;
  readonly kind: string;
  readonly severity: Severity | null;
  readonly mode: Mode | null;
  readonly outcome: AlertOutcome;
  readonly incident: IncidentId | null;
  readonly code: string | null;
  readonly times: number;
  readonly first_at: Date;
  readonly last_at: Date;
}

/** Columns of {@link AlertRow}. */
export const ALERT_COLUMNS = 'detector, event, kind, severity, mode, outcome, incident, code, times, first_at, last_at';

/** An alert as it is shown. */
export function toView({ severity, mode, incident, code, first_at: first, last_at: last, ...row }: AlertRow): AlertView {
  return {
    ...{ ...row, firstAt: first.toISOString(), lastAt: last.toISOString() },
    ...(severity === null ? {} : { severity }),
    ...(mode === null ? {} : { mode }),
    ...(incident === null ? {} : { incident }),
    ...(code === null ? {} : { code }),
  };
}

interface LeakRow {
  readonly key: string;
  readonly detector: string;
  readonly incident: IncidentId | null;
  readonly held: boolean;
}

const LEAK = 'key, detector, incident, held';

function toLeak({ incident, ...row }: LeakRow): Leak {
  return { ...row, incident: incident ?? undefined };
}

function deliveries(database: Database): Pick<AlertStore, 'take' | 'answer' | 'forget'> {
  return {
    async take({ detector, ids, bodyHash }: DeliveryKey) {
      const known = await database.query<{ body_hash: string; answer: DeliveryAnswer | null }>(
        `with taken as (
           insert into deliveries (detector, id, body_hash) select $1, unnest($2::text[]), $3 on conflict do nothing
         ) select body_hash, answer from deliveries where detector = $1 and id = any($2::text[])`,
        [detector, ids, bodyHash],
        'take-delivery',
      );
      if (known.some((row) => row.body_hash !== bodyHash))
        throw new CodedError('DETECTOR_DELIVERY_REUSED', 'the id belongs to a delivery with another body');
      return known.find(({ answer }) => answer !== null)?.answer ?? undefined;
    },
    async answer({ detector, ids }, answer) {
      await database.query(
        'update deliveries set answer = $3 where detector = $1 and id = any($2::text[]) and answer is null',
        [detector, ids, JSON.stringify(answer)],
        'answer-delivery',
      );
    },
    async forget() {
      await database.query(`delete from refusals where hour < now() - ${KEPT}`);
      const gone = await database.query(`delete from deliveries where at < now() - ${KEPT} returning 1`);
      return gone.length;
    },
  };
}

function leaks(
  database: Database,
): Pick<AlertStore, 'leak' | 'bind' | 'openedWithinHour' | 'count' | 'tell' | 'counts' | 'told'> {
  return {
    async leak(key, detector, isBeyond): Promise<Leak> {
      const [known] = await database.query<LeakRow>(
        `select ${LEAK} from leaks where key = $1 and (held or incident is not null or not $2)`,
        [key, isBeyond],
        'leak-of',
      );
      if (known) return toLeak(known);
      const [row] = await database.query<LeakRow>(
        `insert into leaks (key, detector, held) values ($1, $2, $3)
         on conflict (key) do update set held = leaks.held or (leaks.incident is null and excluded.held) returning ${LEAK}`,
        [key, detector, isBeyond],
        'new-leak',
      );
      return toLeak(row!);
    },
    async bind(key, incident) {
      const [row] = await database.query<{ incident: IncidentId }>(
        'update leaks set incident = coalesce(incident, $2) where key = $1 returning incident',
        [key, incident],
      );
      return row!.incident;
    },
    async openedWithinHour(detector) {
      const [row] = await database.query<{ n: number }>(
        "select count(*) as n from leaks where detector = $1 and first_at > now() - interval '1 hour' and incident is not null",
        [detector],
      );
      return row!.n;
    },
    async count(key) {
      await database.query('update leaks set alerts = alerts + 1 where key = $1', [key], 'count-alert');
    },
    async tell(key, everyMs) {
      const [row] = await database.query<{ alerts: number }>(
        `update leaks set told_at = clock_timestamp() where key = $1 and alerts > told
           and coalesce(told_at < clock_timestamp() - make_interval(secs => $2::float8 / 1000), true) returning alerts`,
        [key, everyMs],
        'tell-alerts',
      );
      return row?.alerts;
    },
    async counts(key) {
      const [row] = await database.query<{ alerts: number; told: number }>(
        'select alerts, told from leaks where key = $1',
        [key],
      );
      return row ?? { alerts: 0, told: 0 };
    },
    async told(key, alerts) {
      await database.query('update leaks set told = greatest(told, $2) where key = $1', [key, alerts]);
    },
  };
}

function records(database: Database): Pick<AlertStore, 'record' | 'refuse' | 'refusals'> {
  return {
    async record({ detector, event, kind, severity, mode, outcome, incident, code }) {
      await database.query(
        `insert into alerts (detector, event, kind, severity, mode, outcome, incident, code) values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (detector, event, kind) do update set times = alerts.times + 1, last_at = clock_timestamp(),
           severity = excluded.severity, mode = excluded.mode, outcome = excluded.outcome,
           incident = coalesce(excluded.incident, alerts.incident), code = excluded.code`,
        [detector, event, kind, severity ?? null, mode ?? null, outcome, incident ?? null, code ?? null],
        'record-alert',
      );
    },
    async refuse({ detector, code, from }) {
      await database.query(
        `insert into refusals (detector, code, hour, last_from) values ($1, $2, date_trunc('hour', now()), $3)
         on conflict (detector, code, hour) do update set times = refusals.times + 1, last_from = excluded.last_from,
           last_at = clock_timestamp()`,
        [detector, code, from],
        'count-refusal',
      );
    },
    async refusals(since) {
      return database.query<{ detector: string; code: string; times: number }>(
        `select detector, code, sum(times)::int as times from refusals where hour >= date_trunc('hour', $1::timestamptz)
         group by detector, code order by detector, code`,
        [since],
      );
    },
  };
}

function waiting(database: Database): Pick<AlertStore, 'isHeld' | 'release'> {
  return {
    async isHeld(incident) {
      return (await database.query('select 1 from leaks where incident = $1 and held', [incident])).length > 0;
    },
    async release(incident, by) {
      const rows = await database.query(
        `update leaks set held = false, released_by = $2, released_at = coalesce(released_at, clock_timestamp())
         where incident = $1 and (held or released_by = $2) returning 1`,
        [incident, by],
      );
      if (rows.length === 0) throw new CodedError('INCIDENT_NOT_HELD', `${incident} waits for nobody`);
    },
  };
}

/** Alerts of detectors in PostgreSQL. */
export function alertStore(database: Database): AlertStore {
  return { ...deliveries(database), ...leaks(database), ...records(database), ...waiting(database) };
}
