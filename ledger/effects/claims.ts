import type { EffectState } from '../../contracts/effects.ts';
import type { Database } from '../database.ts';
import type { ClaimedEffect, ClaimAnswer, ClaimTarget, EffectStore, Lease } from '../ports.ts';
import type { Keyring } from '../keys.ts';
import { effectId, inIdOrder } from './effect-id.ts';
import { settleParts, settleValues } from './outcomes.ts';

/**
 * Claims what may be claimed: new rows, planned ones whose time has come, and rows of an older attempt of the same page as
 * far as the connector's class lets them be taken over. The fence locks lease and permit for share, so that a newer
 * attempt or a stop waits for this statement and every later claim sees it.
 */
const claimParts = {
  ctes: `fence as materialized (
  select 1 from leases l join permits p on p.id = l.permit
  where l.id = $1 and l.epoch = $2 and p.state = 'open' for share),
got as (
  insert into effects as e (id, incident, action, subject, params_hash, state, lease, epoch, first_claim_at, claimed_at)
  select t.id, $3, $4, t.subject, t.params_hash, 'claimed', $1, $2, c.now, c.now
  from unnest($5::bytea[], $6::text[], $7::bytea[]) t (id, subject, params_hash), (select clock_timestamp() as now) c
  where exists (select 1 from fence) order by t.id
  on conflict (id) do update set state = 'claimed', attempt = e.attempt + 1, lease = excluded.lease, epoch = excluded.epoch,
    claimed_at = excluded.claimed_at, first_claim_at = coalesce(e.first_claim_at, excluded.first_claim_at)
  where e.params_hash = excluded.params_hash and (
    (e.state = 'planned' and coalesce(e.not_before, '-infinity') <= excluded.claimed_at and ($8 <> 'keyed'
      or e.first_claim_at is null or e.first_claim_at + ($9::float8 - $10::float8) * interval '1 ms' > excluded.claimed_at))
    or (e.state = 'claimed' and e.lease = excluded.lease and e.epoch < excluded.epoch and ($8 = 'idempotent'
      or ($8 = 'keyed' and e.first_claim_at + ($9::float8 - $10::float8) * interval '1 ms' > excluded.claimed_at)
      or ($8 = 'checkable' and e.claimed_at + $10::float8 * interval '1 ms' <= excluded.claimed_at))))
  returning e.subject, e.generation, e.attempt)`,
  select: `select (select count(*) from fence)::int as open,
  coalesce((select json_agg(json_build_array(subject, generation, attempt)) from got), '[]') as mine`,
};
const CLAIM = `with ${claimParts.ctes} ${claimParts.select}`;

/** Values of a claim; those of the settle beside it follow. */
const CLAIM_VALUES = 10;
const besideClaim = (text: string): string =>
  text.replace(
    /\$(\d+)/g,
    (_, digits: string) => `$${Number(digits) <= 2 ? digits : Number(digits) + CLAIM_VALUES - 2}`,
  );
/** Rows of both, in one order and behind the fence, like every other statement: two pages that cross would deadlock. */
const locked = `l as materialized (
  select e.id from effects e where e.id = any($5::bytea[] || $${CLAIM_VALUES + 1}::bytea[])
    and (select count(*) from fence) >= 0 order by e.id for no key update)`;
const claimAfterLock = claimParts.ctes
  .replace('got as (', `${locked},\ngot as (`)
  .replace('exists (select 1 from fence)', 'exists (select 1 from fence) and (select count(*) from l) >= 0');
/** Outcomes and new claims in one statement, hence one commit: their rows are never the same, so neither sees the other. */
const TURN = `with ${besideClaim(settleParts.outcomes)}, ${claimAfterLock},
settled as (${besideClaim(settleParts.update)}) ${claimParts.select}`;

/** Those that did not come back, in a statement of their own: the claim's snapshot is older than what beat it. */
const OTHERS = `
select subject, state, lease, params_hash, not_before, not_before > clock_timestamp() as waits,
  extract(epoch from clock_timestamp() - claimed_at)::float8 * 1000 as held_ms
from effects where id = any($1::bytea[])`;

interface Other {
  readonly subject: string;
  readonly state: EffectState;
  readonly lease: string | null;
  readonly params_hash: Buffer;
  readonly not_before: Date | null;
  readonly waits: boolean | null;
  readonly held_ms: number;
}

interface Claimed {
  readonly open: number;
  readonly mine: readonly (readonly [string, number, number])[];
}

/** Present states of those that a claim did not get. */
async function othersOf(
  database: Database,
  lease: Lease,
  effect: ClaimedEffect,
  targets: readonly { readonly id: Buffer; readonly paramsHash: string }[],
): Promise<ClaimAnswer['others']> {
  if (targets.length === 0) return [];
  const rows = await database.query<Other>(OTHERS, [targets.map(({ id }) => id)], 'claim-others');
  const asked = new Map(targets.map(({ id, paramsHash }) => [id.toString('hex'), paramsHash]));
  return rows.map((row) => ({
    subject: row.subject,
    state: row.state,
    ...(row.state === 'claimed' && row.lease !== lease.id
      ? { elsewhere: true, heldMs: Math.max(0, row.held_ms) }
      : { elsewhere: false }),
    notBefore: row.waits === true ? row.not_before?.toISOString() : undefined,
    paramsChanged:
      row.params_hash.toString('hex') !==
      asked.get(effectId(effect.incident, effect.action, row.subject).toString('hex')),
  }));
}

/** Claiming. */
export function claims(database: Database, keyring: Keyring): Required<Pick<EffectStore, 'claim' | 'turn'>> {
  async function claim(
    statement: { readonly text: string; readonly name: string; readonly values: readonly unknown[] },
    lease: Lease,
    effect: ClaimedEffect,
    targets: readonly ClaimTarget[],
  ): Promise<ClaimAnswer> {
    const number = await keyring.number(effect.incident);
    const rows = inIdOrder(
      targets.map((target) => ({ ...target, id: effectId(effect.incident, effect.action, target.subject) })),
    );
    const [answer] = await database.query<Claimed>(
      statement.text,
      [
        ...[lease.id, lease.epoch, number, effect.action],
        rows.map(({ id }) => id),
        rows.map(({ subject }) => subject),
        rows.map(({ paramsHash }) => Buffer.from(paramsHash, 'hex')),
        ...[effect.class, effect.keyLifetimeMs ?? 0, effect.longestRequestMs],
        ...statement.values,
      ],
      statement.name,
    );
    if (answer!.open === 0) return { open: false, mine: [], others: [] };
    const mine = answer!.mine.map(([subject, generation, attempt]) => ({ subject, generation, attempt }));
    const got = new Set(mine.map(({ subject }) => subject));
    const beaten = rows.filter(({ subject }) => !got.has(subject));
    return { open: true, mine, others: await othersOf(database, lease, effect, beaten) };
  }

  return {
    claim: (lease, effect, targets) => claim({ text: CLAIM, name: 'claim', values: [] }, lease, effect, targets),
    turn: (lease, effect, settlements, targets) => {
      const values = settleValues(effect.incident, effect.action, settlements);
      return claim({ text: TURN, name: 'turn', values }, lease, effect, targets);
    },
  };
}
