import { createHash } from 'node:crypto';
import { appendRecords } from '../journal.ts';
import { canonicalJson } from '../../contracts/json.ts';
import type { Database } from '../database.ts';
import type { EndedClaim, FoundEffect, ReturnStore } from './return-ports.ts';
import type { Keyring } from '../keys.ts';

/** Incidents that closed longer ago have been looked through; those that never closed always are. */
const CLOSED_WITHIN = "interval '7 days'";
/** Rows a statement settles. */
const BATCH = 500;

const OPEN_CLAIMS = `
select i.id as incident, e.action, e.lease, l.permit, count(*)::int as claims
from effects e join incidents i on i.number = e.incident join leases l on l.id = e.lease
where e.state = 'claimed' and e.claimed_at + $1::float8 * interval '1 ms' <= clock_timestamp()
  and (i.closed_at is null or i.closed_at > clock_timestamp() - ${CLOSED_WITHIN})
group by i.id, e.action, e.lease, l.permit order by i.id, e.lease, e.action`;

/** Shuts a lease for every attempt there was: waits for claims under way, and none succeeds afterwards. */
const SHUT = 'update leases set epoch = epoch + 1 where id = $1 returning epoch';

const SETTLE_ENDED = `
with l as materialized (
  select id from effects where incident = $1 and action = $2 and lease = $3 and state = 'claimed'
    and claimed_at + $4::float8 * interval '1 ms' <= clock_timestamp()
  order by id limit ${BATCH} for no key update),
lost as (
  update effects e set state = 'unknown', settled_at = clock_timestamp(), code = 'EFFECT_RUN_ENDED'
  from l where e.id = l.id returning e.id, e.subject, e.generation, e.attempt, e.epoch),
noted as (
  insert into receipts (effect, generation, attempt, lease, epoch, kind, state, body)
  select id, generation, attempt, $3, epoch, 'recovery', 'unknown', $5 from lost)
select subject, generation, attempt from lost order by subject`;

interface Settled {
  readonly subject: string;
  readonly generation: number;
  readonly attempt: number;
}

/** What comes back after its run, in PostgreSQL. */
export function returns(database: Database, keyring: Keyring): ReturnStore {
  return {
    async find(id) {
      const [row] = await database.query<FoundEffect>(
        `select i.id as incident, e.action, e.subject, e.state, e.generation
         from effects e join incidents i on i.number = e.incident where e.id = $1`,
        [Buffer.from(id, 'hex')],
      );
      return row;
    },
    openClaims: (olderThanMs) => database.query<EndedClaim>(OPEN_CLAIMS, [olderThanMs]),
    async settleEnded({ incident, action, lease }, { olderThanMs, class: effectClass }) {
      const number = await keyring.number(incident);
      const receipt = { because: 'the run that claimed it is over', class: effectClass };
      return database.transaction(async (tx) => {
        const [shut] = await tx.query<{ epoch: number }>(SHUT, [lease]);
        const settled: Settled[] = [];
        for (;;) {
          const values = [number, action, lease, olderThanMs, JSON.stringify(receipt)];
          const rows = await tx.query<Settled>(SETTLE_ENDED, values);
          settled.push(...rows);
          if (rows.length < BATCH) break;
        }
        if (settled.length > 0)
          await appendRecords(tx, incident, number, [
            {
              key: `reconcile:${lease}:${action}:${shut?.epoch ?? 0}`,
              kind: 'reconcile',
              actor: 'engine',
              body: {
                action,
                lease,
                class: effectClass,
                state: 'unknown',
                settled: settled.length,
                digest: hash(settled),
              },
            },
          ]);
        return settled.length;
      });
    },
  };
}

/** SHA-256 over who was settled, in order. */
function hash(settled: readonly Settled[]): string {
  return createHash('sha256').update(canonicalJson(settled)).digest('hex');
}
