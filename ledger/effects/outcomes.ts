import type { Observation } from '../../contracts/effects.ts';
import { effectId, inIdOrder } from './effect-id.ts';
import type { Database } from '../database.ts';
import type { EffectRow, EffectStore, Settlement } from '../ports.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import { toEffectRow, type StoredEffect } from './reads.ts';

/**
 * Settles outcomes of own claims, also late ones: a row that became `unknown` meanwhile takes the answer, but does not go back
 * to `planned`, where nobody would look for it any more; a late yes undoes a reopening that nobody has claimed yet. Every outcome leaves a receipt, moved or not. The life of a key begins
 * anew where it is certain that no request of the generation arrived, not where an earlier one stays unclear.
 */
export const settleParts = {
  outcomes: `d as materialized (
  select * from unnest($3::bytea[], $4::smallint[], $5::int[], $6::text[], $7::text[], $8::text[], $9::int[])
    d (id, generation, attempt, state, code, body, wait_ms)),
r as (
  insert into receipts (effect, generation, attempt, lease, epoch, kind, state, body)
  select id, generation, attempt, $1, $2, 'outcome', state, body from d)`,
  locked: `l as materialized (select e.id from effects e where e.id = any($3::bytea[]) order by e.id for no key update)`,
  update: `update effects e set state = d.state, generation = d.generation, settled_at = clock_timestamp(), code = d.code,
  not_before = case when d.state = 'planned' then clock_timestamp() + d.wait_ms * interval '1 ms' end,
  first_claim_at = case when d.state <> 'planned' or e.first_claim_at < e.claimed_at then e.first_claim_at end
from d join l using (id)
where e.id = d.id and (
  (e.lease = $1 and e.epoch = $2 and e.generation = d.generation
    and (e.state = 'claimed' or (e.state = 'unknown' and d.state <> 'planned')))
  or (e.state = 'planned' and e.generation = d.generation + 1 and e.attempt = d.attempt and d.state = 'accepted'))`,
};
const SETTLE = `with ${settleParts.outcomes}, ${settleParts.locked} ${settleParts.update}`;

/**
 * A look moves a row only if it is of the same generation and began after the settle; `alive` only after the delay. A
 * bounce or complaint names its message, so it needs no order of times.
 */
const OBSERVE = `
with d as materialized (
  select * from unnest($1::bytea[], $2::smallint[], $3::text[], $4::text[]) d (id, generation, seen, body)),
r as (
  insert into receipts (effect, generation, kind, state, at, body)
  select id, generation, 'observation', seen, $5::timestamptz, body from d),
l as materialized (select e.id from effects e where e.id = any($1::bytea[]) order by e.id for no key update)
update effects e set state = case d.seen when 'dead' then 'verified' when 'alive' then 'refuted' else d.seen end
from d join l using (id)
where e.id = d.id and e.generation = d.generation and (
  (d.seen in ('bounced', 'complained') and e.state in ('accepted', 'unknown'))
  or (d.seen = 'dead' and e.state in ('accepted', 'unknown', 'refuted') and $5::timestamptz > e.settled_at)
  or (d.seen = 'alive' and e.state in ('accepted', 'unknown')
    and $5::timestamptz > e.settled_at + $6::float8 * interval '1 ms'))
returning e.subject, e.state, e.generation, e.attempt, e.settled_at, e.code, e.lease`;

/** With a guard ($2 to $5): only for the present attempt of an open step, only in that generation, only what was claimed before. */
const REOPEN = `
with fence as materialized (
  select 1 from leases l join permits p on p.id = l.permit
  where l.id = $2 and l.epoch = $3 and p.state = 'open' for share),
l as materialized (
  select e.id from effects e where e.id = any($1::bytea[]) and ($2::text is null or exists (select 1 from fence))
  order by e.id for no key update)
update effects e set state = 'planned', generation = generation + 1, first_claim_at = null, not_before = null, code = null
from l where e.id = l.id and e.state in ('failed', 'unknown', 'refuted', 'bounced', 'withheld')
  and ($4::smallint is null or e.generation = $4) and ($5::bigint is null or coalesce(e.epoch, 0) < $5)
returning e.subject`;

const NOW = `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`;

/** What a look saw, as its receipt names it. */
function seen({ dead, notice }: Pick<Observation, 'dead' | 'notice'>): string {
  return notice ?? (dead === undefined ? 'unseen' : dead ? 'dead' : 'alive');
}

/** Values $3 to $9 of {@link settleParts}. */
export function settleValues(
  incident: IncidentId,
  action: string,
  settlements: readonly Settlement[],
): readonly (readonly unknown[])[] {
  const rows = inIdOrder(
    settlements.map((settlement) => ({ ...settlement, id: effectId(incident, action, settlement.subject) })),
  );
  return [
    rows.map(({ id }) => id),
    rows.map(({ generation }) => generation),
    rows.map(({ attempt }) => attempt),
    rows.map(({ state }) => state),
    rows.map(({ code }) => code ?? null),
    rows.map(({ receipt }) => JSON.stringify(receipt)),
    rows.map(({ waitMs }) => Math.ceil(waitMs ?? 0)),
  ];
}

/** Settling, observing and reopening. */
export function outcomes(database: Database): Pick<EffectStore, 'settle' | 'observe' | 'reopen' | 'now'> {
  return {
    async settle(lease, { incident, action }, settlements) {
      await database.query(SETTLE, [lease.id, lease.epoch, ...settleValues(incident, action, settlements)], 'settle');
    },
    async now() {
      const [row] = await database.query<{ now: string }>(NOW, [], 'now');
      return row!.now;
    },
    async observe(incident, action, effectDelayMaxMs, startedAt, observations): Promise<readonly EffectRow[]> {
      const rows = inIdOrder(
        observations.map((observation) => ({ ...observation, id: effectId(incident, action, observation.subject) })),
      );
      const moved = await database.query<StoredEffect>(OBSERVE, [
        rows.map(({ id }) => id),
        rows.map(({ generation }) => generation),
        rows.map(seen),
        rows.map(({ receipt }) => JSON.stringify(receipt)),
        ...[startedAt, effectDelayMaxMs],
      ]);
      return moved.map(toEffectRow);
    },
    async reopen(incident, action, subjects, guard) {
      const ids = subjects.map((subject) => effectId(incident, action, subject));
      const guarded = [guard?.lease.id ?? null, guard?.lease.epoch ?? null, guard?.generation ?? null];
      const values = [ids, ...guarded, guard?.claimedBefore ?? null];
      return (await database.query<{ subject: string }>(REOPEN, values)).map(({ subject }) => subject);
    },
  };
}
