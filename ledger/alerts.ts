import type { AlertOutcome, AlertView, Severity } from '../contracts/detectors.ts';
import type { Mode } from '../contracts/effects.ts';
import { CodedError } from '../contracts/errors.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { IncidentState } from '../contracts/messages.ts';
import { OFFERS_MAX, type AlertStore, type Leak } from './alert-port.ts';
import { Batches } from './batches.ts';
import type { Database, Queryable } from './database.ts';
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
  readonly round: number;
  readonly offered: boolean;
  readonly ended: IncidentState | null;
}

function toLeak({ incident, ended, offered: _, ...row }: LeakRow): Leak {
  return { ...row, incident: incident ?? undefined, ended: ended ?? undefined };
}

/** An alert of a leak, as it is counted. */
interface Heard {
  readonly key: string;
  readonly detector: string;
  readonly isBeyond: boolean;
}

/** A leak that an alert beyond its detector's key speaks of first is held; one that has an incident is what that one is. */
const HEAR = `
with heard as (
  insert into leaks (key, detector, held, alerts)
  select * from unnest($1::text[], $2::text[], $3::bool[], $4::int[]) order by 1
  on conflict (key) do update set alerts = leaks.alerts + excluded.alerts,
    held = leaks.held or (leaks.incident is null and excluded.held)
  returning key, detector, incident, held, told, round, offered)
select key, detector, incident, told, round, offered,
  coalesce((select i.held from incidents i where i.id = heard.incident), heard.held) as held,
  (select state from incidents where id = heard.incident and closed_at is not null) as ended from heard`;

/** What was only offered to an incident that is closed by now is without one again: the next alert starts anew. */
const FREE_OFFERED = `
update leaks set incident = null, offered = false, round = round + 1, detector = $2, held = false, alerts = 0, told = 0,
  told_at = null, first_at = clock_timestamp(), released_by = null, released_at = null, dismissed_by = null, dismissed_at = null
where key = $1 and offered and exists (select 1 from incidents where id = leaks.incident and closed_at is not null)`;

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
  const rounds = new Batches<Heard, LeakRow>(async (alerts) => {
    const leaks = byLeak(alerts);
    const rows = await database.query<LeakRow>(
      HEAR,
      [
        ...[leaks.map(({ key }) => key), leaks.map(({ detector }) => detector)],
        ...[leaks.map(({ isBeyond }) => isBeyond), leaks.map(({ times }) => times)],
      ],
      'hear-alerts',
    );
    const byKey = new Map(rows.map((row) => [row.key, row]));
    return alerts.map(({ key }) => byKey.get(key)!);
  });
  return {
    async hear(key, detector, isBeyond) {
      const alert = { key, detector, isBeyond };
      const row = await rounds.ask(alert);
      if (row.ended === null || !row.offered) return toLeak(row);
      await database.query(FREE_OFFERED, [key, detector], 'free-offered-leak');
      return toLeak(await rounds.ask(alert)); // counted anew: whoever freed it began at none
    },
  };
}

/**
 * Gives a credential that an alert brought the next number of its incident, unless an open incident is about it: that one came
 * with its start. One too many is noted without a number, and stays free to start a run of its own.
 */
const FOUND = `
with owner as (select found < $4::int as has_room from incidents where id = $1 for update),
claimed as (
  insert into leaks (key, detector, incident, offered) select $3::text, 'found', $1::text, true from owner where has_room
  on conflict (key) do update set incident = excluded.incident, held = false, offered = true where leaks.incident is null
    or exists (select 1 from incidents where id = leaks.incident and closed_at is not null)
  returning key),
counted as (update incidents set found = found + 1 where id = $1 and exists (select 1 from claimed) returning found),
noted as (
  insert into found_credentials (incident, fingerprint, number)
  select $1::text, $2::text, found from counted
  union all select $1::text, $2::text, null from owner where not has_room and not exists (
    select 1 from leaks join incidents i on i.id = leaks.incident where key = $3 and i.closed_at is null)
  on conflict do nothing returning number)
select number from noted
union all select number from found_credentials where incident = $1 and fingerprint = $2`;

function leaks(
  database: Database,
): Pick<AlertStore, 'bind' | 'found' | 'openedWithinHour' | 'tell' | 'counts' | 'told'> {
  return {
    async bind(key, incident, told = 0) {
      const [row] = await database.query<{ incident: IncidentId; held: boolean }>(
        `update leaks set incident = coalesce(incident, $2), told = greatest(told, $3) where key = $1
         returning incident, coalesce((select i.held from incidents i where i.id = leaks.incident), false) as held`,
        [key, incident, told],
        'bind-leak',
      );
      return row!;
    },
    async found(incident, fingerprint, key) {
      const values = [incident, fingerprint, key, OFFERS_MAX];
      const [row] = await database.query<{ number: number | null }>(FOUND, values, 'found-credential');
      return row && (row.number ?? 'full');
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

/** Takes the one decision on an incident that waits: its row is the lock, and one whose workflow was started does not wait. */
async function decide(
  tx: Queryable,
  incident: IncidentId,
  by: string,
  decision: { readonly name: 'released' | 'dismissed'; readonly ends: string },
): Promise<void> {
  const { name, ends } = decision;
  const [row] = await tx.query<{ held: boolean }>('select held from incidents where id = $1 for update', [incident]);
  if (row?.held) {
    await tx.query(`update incidents set held = false${ends} where id = $1`, [incident]);
    const noted = `update leaks set held = false, ${name}_by = $2, ${name}_at = clock_timestamp() where incident = $1`;
    await tx.query(noted, [incident, by]);
    return;
  }
  const again = await tx.query(`select 1 from leaks where incident = $1 and ${name}_by = $2 limit 1`, [incident, by]);
  if (again.length === 0) throw new CodedError('INCIDENT_NOT_HELD', `${incident} waits for nobody`);
}

const RELEASED = { name: 'released', ends: '' } as const;
const DISMISSED = { name: 'dismissed', ends: ", state = 'dismissed', closed_at = coalesce(closed_at, now())" } as const;

function waiting(database: Database): Pick<AlertStore, 'release' | 'dismiss'> {
  return {
    release: (incident, by) => database.transaction((tx) => decide(tx, incident, by, RELEASED)),
    dismiss: (incident, by) => database.transaction((tx) => decide(tx, incident, by, DISMISSED)),
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
