import type { Database } from '../database.ts';
import type { EffectStore, Lease } from '../ports.ts';
import { effectId } from './effect-id.ts';

/**
 * Rows that nobody may claim again, by class: a blind act is never repeated, a keyed one only while its key lives. Reads the
 * class from $1 and the life of a key in milliseconds, less the longest request, from $2.
 */
const LOST = `($1 = 'blind' or ($1 = 'keyed' and e.first_claim_at + $2::float8 * interval '1 ms' <= clock_timestamp()))`;

/** Receipts of rows that became unknown; who found that out has written them. */
const NOTED = `
  insert into receipts (effect, generation, attempt, lease, epoch, kind, state, body)
  select id, generation, attempt, $3, $4, 'recovery', 'unknown', '{"because":"the attempt ended without an answer"}' from lost`;

/**
 * Rows of dead attempts of the same page that nobody may take over any more: nobody can say what became of them. So are keyed
 * ones that were put off after an unclear request, once the key is dead.
 */
const RECOVER = `
with fence as materialized (select 1 from leases where id = $3 and epoch = $4 for share),
l as materialized (
  select e.id from effects e where e.id = any($5::bytea[]) and exists (select 1 from fence) order by e.id for no key update),
lost as (
  update effects e set state = 'unknown', settled_at = clock_timestamp(), code = 'EFFECT_ATTEMPT_LOST'
  from l where e.id = l.id and ${LOST} and ((e.lease = $3 and e.epoch < $4 and e.state = 'claimed')
    or (e.state = 'planned' and $1 = 'keyed'))
  returning e.id, e.subject, e.generation, e.attempt),
noted as (${NOTED})
select subject from lost`;

/**
 * Shuts the leases of ended runs that hold rows for longer than their request may take: waits for claims under way, and no
 * attempt of theirs claims or sends afterwards. Ended is a run whose permit is not open any more, and every earlier visit
 * of the same step ($5 begins the permits of its visits, $6 is the own one). The own permit must be open.
 */
const SHUT_ENDED = `
with ended as materialized (
  select distinct h.id from effects e join leases h on h.id = e.lease left join permits p on p.id = h.permit
  where e.id = any($3::bytea[]) and e.state = 'claimed' and e.lease <> $1
    and e.claimed_at + $4::float8 * interval '1 ms' <= clock_timestamp()
    and (p.state is distinct from 'open' or case
      when starts_with(h.permit, $5) and substr(h.permit, length($5) + 1) ~ '^[0-9]+$'
      then substr(h.permit, length($5) + 1)::int < $6 end)
    and exists (select 1 from leases l join permits q on q.id = l.permit
      where l.id = $1 and l.epoch = $2 and q.state = 'open'))
update leases set epoch = epoch + 1 where id in (select id from ended) returning id, epoch`;

/**
 * Takes over what shut leases ($7 with the epochs $8) hold: as if an earlier attempt of this page had claimed it, so that a
 * claim gets it by its class; what no claim may get becomes unknown and stays with who sent it, whose late answer counts.
 */
const TAKE_OVER = `
with l as materialized (
  select e.id from effects e join unnest($7::text[], $8::bigint[]) h (lease, epoch) on h.lease = e.lease and e.epoch < h.epoch
  where e.id = any($5::bytea[]) and e.state = 'claimed' and e.claimed_at + $6::float8 * interval '1 ms' <= clock_timestamp()
  order by e.id for no key update of e),
lost as (
  update effects e set state = 'unknown', settled_at = clock_timestamp(), code = 'EFFECT_ATTEMPT_LOST'
  from l where e.id = l.id and ${LOST} returning e.id, e.subject, e.generation, e.attempt),
taken as (update effects e set lease = $3, epoch = 0 from l where e.id = l.id and not ${LOST}),
noted as (${NOTED})
select subject from lost`;

interface Subject {
  readonly subject: string;
}

/** `<incident>/<step>#` and the visit of a permit; a permit of another form has no visits before it. */
function placeOf(permit: string): readonly [string, number] {
  const at = permit.lastIndexOf('#') + 1;
  const visit = Number(permit.slice(at));
  return Number.isSafeInteger(visit) && at > 0 ? [permit.slice(0, at), visit] : [permit, 0];
}

/** What becomes of rows that dead attempts and ended runs left claimed. */
export function recovery(database: Database): Pick<EffectStore, 'recover'> {
  async function takeOver(
    lease: Lease,
    effect: Parameters<EffectStore['recover']>[1],
    ids: readonly Buffer[],
    byClass: readonly unknown[],
  ): Promise<readonly Subject[]> {
    const { longestRequestMs } = effect;
    const shut = await database.query<{ id: string; epoch: number }>(SHUT_ENDED, [
      ...[lease.id, lease.epoch, ids, longestRequestMs, ...placeOf(lease.permit)],
    ]);
    if (shut.length === 0) return [];
    const held = [shut.map(({ id }) => id), shut.map(({ epoch }) => epoch)];
    return database.query<Subject>(TAKE_OVER, [...byClass, lease.id, lease.epoch, ids, longestRequestMs, ...held]);
  }

  return {
    async recover(lease, effect, subjects) {
      const lifeMs = Math.max(0, (effect.keyLifetimeMs ?? 0) - effect.longestRequestMs);
      const ids = subjects.map((subject) => effectId(effect.incident, effect.action, subject));
      const byClass = [effect.class, lifeMs];
      const ended = await takeOver(lease, effect, ids, byClass);
      const rows = await database.query<Subject>(RECOVER, [...byClass, lease.id, lease.epoch, ids]);
      return [...ended, ...rows].map(({ subject }) => subject);
    },
  };
}
