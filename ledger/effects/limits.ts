import type { Database } from '../database.ts';
import type { EffectStore } from '../ports.ts';
import type { Keyring } from '../keys.ts';

const LOCK_LIMIT = 'select used, max from limits where incident = $1 and action = $2 for update';

/** Moves a page's reservation to a new number, and the limit's use with it. */
const MOVE_RESERVATION = `
with r as (
  insert into reservations (lease, incident, action, n) values ($1, $2, $3, $4)
  on conflict (lease) do update set n = excluded.n)
update limits set used = used + $5 where incident = $2 and action = $3`;

/**
 * Tokens at the stricter of two rates: the caller's, and the one that people asked for while it runs. 1e9 stands for
 * "none". Where people asked, 250 ms of work are given at a time, so that the next change of theirs is soon in force.
 */
const TAKE_TOKENS = `
with b as materialized (select * from buckets where name = $1 for update),
n as materialized (
  select b.*, greatest(clock_timestamp(), b.at) as t, least(coalesce($3::float8, 1e9), coalesce(asked_rate, 1e9)) as r,
    least(coalesce($4::float8, 1e9), coalesce(asked_cap, 1e9)) as c from b),
h as (
  select name, t, r, blocked_until, coalesce(blocked_until > t, false) as blocked,
    case when asked_rate is null then $2::int else least($2::int, greatest(1, ceil(asked_rate * 0.25))) end as wanted,
    least(c, tokens + r * extract(epoch from t - at)) as have from n),
g as (select *, case when blocked then 0 else least(wanted, floor(have))::int end as granted from h)
update buckets x set tokens = g.have - g.granted, at = g.t, rate = coalesce($3, x.rate), cap = coalesce($4, x.cap)
from g where x.name = g.name
returning g.granted, (case when g.granted > 0 then 0
  when g.blocked then extract(epoch from g.blocked_until - g.t) * 1000
  else (1 - (g.have - floor(g.have))) / g.r * 1000 end)::float8 as "waitMs"`;

const OPEN_BUCKET = `
insert into buckets (name, rate, cap, tokens, at) values ($1, $2, $3, $3, clock_timestamp()) on conflict (name) do nothing`;

/** What is saved up beyond the new burst is forfeit; without a row the bucket begins with a full one. */
const ASK_RATE = `
insert into buckets as b (name, rate, cap, tokens, at, asked_rate, asked_cap)
values ($1, coalesce($2::float8, 1), coalesce($3::float8, 1), coalesce($3::float8, 1), clock_timestamp(), $2, $3)
on conflict (name) do update set asked_rate = excluded.asked_rate, asked_cap = excluded.asked_cap,
  tokens = least(b.tokens, coalesce(excluded.asked_cap, b.tokens))`;

const BLOCK = `
insert into buckets as b (name, rate, cap, tokens, at, blocked_until)
values ($1, 1, 1, 1, clock_timestamp(), clock_timestamp() + $2::float8 * interval '1 ms')
on conflict (name) do update set blocked_until = greatest(b.blocked_until, excluded.blocked_until)`;

/** Limits (how many) and token buckets (how fast). */
export function limits(
  database: Database,
  keyring: Keyring,
): Pick<EffectStore, 'reserve' | 'setLimit' | 'takeTokens' | 'askRate' | 'blockBucket'> {
  return {
    async reserve(lease, incident, action, wanted) {
      const number = await keyring.number(incident);
      return database.transaction(async (tx) => {
        const [limit] = await tx.query<{ used: number; max: number }>(LOCK_LIMIT, [number, action]);
        if (!limit) return wanted;
        const [before] = await tx.query<{ n: number }>('select n from reservations where lease = $1', [lease.id]);
        const had = before?.n ?? 0;
        const granted = Math.min(wanted, had + Math.max(0, limit.max - limit.used));
        if (granted !== had || !before)
          await tx.query(MOVE_RESERVATION, [lease.id, number, action, granted, granted - had]);
        return granted;
      });
    },
    async setLimit(incident, action, max) {
      await database.query(
        'insert into limits (incident, action, max) values ($1, $2, $3) on conflict (incident, action) do update set max = excluded.max',
        [await keyring.number(incident), action, max],
      );
    },
    async takeTokens(bucket, wanted, rate) {
      const shape = [rate?.ratePerSecond ?? null, rate?.capacity ?? null];
      const take = (): Promise<readonly { readonly granted: number; readonly waitMs: number }[]> =>
        database.query(TAKE_TOKENS, [bucket, wanted, ...shape], 'take-tokens');
      const [row] = await take();
      if (row) return row;
      if (!rate) return { granted: wanted, waitMs: 0 };
      await database.query(OPEN_BUCKET, [bucket, ...shape]);
      return (await take())[0]!;
    },
    async askRate(bucket, rate) {
      await database.query(ASK_RATE, [bucket, rate?.ratePerSecond ?? null, rate?.capacity ?? null]);
    },
    async blockBucket(bucket, forMs) {
      await database.query(BLOCK, [bucket, forMs]);
    },
  };
}
