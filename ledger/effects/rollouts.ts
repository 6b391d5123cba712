import { permitId } from '../../contracts/ids.ts';
import type { Database } from '../database.ts';
import type { Keyring } from '../keys.ts';
import type { RolloutRow, RolloutStore } from '../ports.ts';

/** A page's answer replaces the one before; what it gained is kept for the rate. */
const NOTE = `
with r as (
  insert into rollouts (permit, incident, step, visit, action, dataset, targets)
  values ($1, $2, $3, $4, $5, $6, $7) on conflict (permit) do nothing)
insert into rollout_pages as p (permit, page, done, gained, remaining, counts, reasons)
values ($1, $8, $9, $9, $10, $11, $12)
on conflict (permit, page) do update set done = excluded.done, gained = excluded.done - p.done,
  remaining = excluded.remaining, counts = excluded.counts, reasons = excluded.reasons, at = excluded.at`;

/** The rate is that of the last minute, or of the time since the start where that is shorter. */
const LIST = `
with r as materialized (select * from rollouts where incident = $1),
p as materialized (select p.* from rollout_pages p join r using (permit)),
sums as (
  select permit, sum(done)::int as done, max(at) as answered_at,
    coalesce(sum(gained) filter (where at > clock_timestamp() - interval '1 minute'), 0)::float8 as gained
  from p group by permit),
states as (
  select permit, jsonb_object_agg(key, n) as counts from (
    select permit, key, sum(value::int) as n from p, jsonb_each_text(counts) group by permit, key) s group by permit),
codes as (
  select permit, jsonb_object_agg(key, n) as reasons from (
    select permit, key, sum(value::int) as n from p, jsonb_each_text(reasons) group by permit, key) s group by permit)
select r.step, r.visit, r.action, r.targets, r.started_at, sums.done, sums.answered_at,
  coalesce(states.counts, '{}') as counts, coalesce(codes.reasons, '{}') as reasons, coalesce(permits.state, 'open') as permit,
  sums.gained * 60 / greatest(1, least(60, extract(epoch from clock_timestamp() - r.started_at)))::float8 as per_minute
from r join sums using (permit) left join states using (permit) left join codes using (permit)
left join permits on permits.id = r.permit
order by r.started_at, r.permit`;

interface Row extends Pick<
  RolloutRow,
  'step' | 'visit' | 'action' | 'targets' | 'done' | 'counts' | 'reasons' | 'permit'
> {
  readonly started_at: Date;
  readonly answered_at: Date;
  readonly per_minute: number;
}

/** Progress of rollouts in PostgreSQL: one row a page, hence some thousand for a million targets. */
export function rolloutStore(database: Database, keyring: Keyring): RolloutStore {
  return {
    async note({ incident, step, visit, action, dataset, targets, page, counts, left, reasons }) {
      const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
      await database.query(
        NOTE,
        [
          ...[permitId(incident, step, visit), await keyring.number(incident), step, visit, action, dataset, targets],
          ...[page, all - left, left, JSON.stringify(counts), JSON.stringify(reasons)],
        ],
        'rollout-note',
      );
    },
    async list(incident) {
      const rows = await database.query<Row>(LIST, [await keyring.number(incident)]);
      return rows.map(({ started_at, answered_at, per_minute, ...row }) => ({
        ...row,
        startedAt: started_at.toISOString(),
        answeredAt: answered_at.toISOString(),
        perMinute: Math.round(per_minute),
      }));
    },
  };
}
