import type { AlertOutcome, AlertView, Severity } from '../contracts/detectors.ts';
import type { Mode } from '../contracts/effects.ts';
import { CodedError } from '../contracts/errors.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { IncidentState } from '../contracts/messages.ts';
import type { AlertStore, Leak } from './alert-port.ts';
import { Batches } from './batches.ts';
import type { Database } from './database.ts';
import { deliveryStore } from './deliveries.ts';

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
export function toView({
  severity,
  mode,
  incident,
  code,
  first_at: first,
  last_at: last,
  ...row
}: AlertRow): AlertView {
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
  readonly told: number;
  readonly ended: IncidentState | null;
}

const LEAK = 'key, detector, incident, held, told';

function toLeak({ incident, ended, ...row }: LeakRow): Leak {
  return { ...row, incident: incident ?? undefined, ended: ended ?? undefined };
}

/** An alert of a leak, as it is counted. */
interface Heard {
  readonly key: string;
  readonly detector: string;
  readonly isBeyond: boolean;
}

/** A leak that an alert beyond its detector's key speaks of first is held; one that has an incident stays what it is. */
const HEAR = `
with heard as (
  insert into leaks (key, detector, held, alerts)
  select * from unnest($1::text[], $2::text[], $3::bool[], $4::int[]) order by 1
  on conflict (key) do update set alerts = leaks.alerts + excluded.alerts,
    held = leaks.held or (leaks.incident is null and excluded.held)
  returning ${LEAK})
select ${LEAK}, (select state from incidents where id = heard.incident and closed_at is not null) as ended from heard`;

/** Alerts of a round by what they are about: a statement takes each leak once. */
function byLeak(alerts: readonly Heard[]): readonly (Heard & { readonly times: number })[] {
  const leaks = new Map<string, Heard & { times: number }>();
  for (const alert of alerts) {
    const { key, isBeyond } = alert;
    const known = leaks.get(key);
    if (known) leaks.set(key, { ...known, isBeyond: known.isBeyond || isBeyond, times: known.times + 1 });
    else leaks.set(key, { ...alert, times: 1 });
  }
  return [...leaks.values()];
}

function hearing(database: Database): Pick<AlertStore, 'hear'> {
  const rounds = new Batches<Heard, Leak>(async (alerts) => {
    const leaks = byLeak(alerts);
    const rows = await database.query<LeakRow>(
      HEAR,
      [
        ...[leaks.map(({ key }) => key), leaks.map(({ detector }) => detector)],
        ...[leaks.map(({ isBeyond }) => isBeyond), leaks.map(({ times }) => times)],
      ],
      'hear-alerts',
    );
    const byKey = new Map(rows.map((row) => [row.key, toLeak(row)]));
    return alerts.map(({ key }) => byKey.get(key)!);
  });
  return { hear: (key, detector, isBeyond) => rounds.ask({ key, detector, isBeyond }) };
}

/**
 * Gives a credential that an alert brought the next number of its incident, unless an open incident is about it: that one came
 * with its start.
 */
const FOUND = `
with claimed as (
  insert into leaks (key, detector, incident) values ($3, 'found', $1)
  on conflict (key) do update set incident = excluded.incident where leaks.incident is null
    or exists (select 1 from incidents where id = leaks.incident and closed_at is not null)
  returning key),
counted as (update incidents set found = found + 1 where id = $1 and exists (select 1 from claimed) returning found),
noted as (insert into found_credentials (incident, fingerprint, number) select $1::text, $2::text, found from counted returning number)
select number from noted
union all select number from found_credentials where incident = $1 and fingerprint = $2`;

function leaks(
  database: Database,
): Pick<AlertStore, 'bind' | 'found' | 'openedWithinHour' | 'tell' | 'counts' | 'told'> {
  return {
    async bind(key, incident, told = 0) {
      const [row] = await database.query<{ incident: IncidentId }>(
        'update leaks set incident = coalesce(incident, $2), told = greatest(told, $3) where key = $1 returning incident',
        [key, incident, told],
        'bind-leak',
      );
      return row!.incident;
    },
    async found(incident, fingerprint, key) {
      const values = [incident, fingerprint, key];
      const [row] = await database.query<{ number: number }>(FOUND, values, 'found-credential');
      return row?.number;
    },
    async openedWithinHour(detector) {
      const [row] = await database.query<{ n: number }>(
        "select count(*) as n from leaks where detector = $1 and first_at > now() - interval '1 hour' and incident is not null",
        [detector],
        'opened-within-hour',
      );
      return row!.n;
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
        'alert-counts',
      );
      return row ?? { alerts: 0, told: 0 };
    },
    async told(key, alerts) {
      const text = 'update leaks set told = greatest(told, $2) where key = $1';
      await database.query(text, [key, alerts], 'told-alerts');
    },
  };
}

function records(database: Database): Pick<AlertStore, 'refuse' | 'refusals'> {
  return {
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

function waiting(database: Database): Pick<AlertStore, 'release' | 'dismiss'> {
  return {
    async release(incident, by) {
      const rows = await database.query(
        `update leaks set held = false, released_by = $2, released_at = coalesce(released_at, clock_timestamp())
         where incident = $1 and dismissed_at is null and (held or released_by = $2) returning 1`,
        [incident, by],
      );
      if (rows.length === 0) throw new CodedError('INCIDENT_NOT_HELD', `${incident} waits for nobody`);
    },
    async dismiss(incident, by) {
      const rows = await database.query(
        `with gone as (
           update leaks set held = false, dismissed_by = $2, dismissed_at = coalesce(dismissed_at, clock_timestamp())
           where incident = $1 and (held or dismissed_by = $2) returning 1)
         update incidents set state = 'dismissed', closed_at = coalesce(closed_at, now())
         where id = $1 and exists (select 1 from gone) returning 1`,
        [incident, by],
      );
      if (rows.length === 0) throw new CodedError('INCIDENT_NOT_HELD', `${incident} waits for nobody`);
    },
  };
}

/** Alerts of detectors in PostgreSQL. */
export function alertStore(database: Database): AlertStore {
  return {
    ...deliveryStore(database),
    ...hearing(database),
    ...leaks(database),
    ...records(database),
    ...waiting(database),
  };
}
