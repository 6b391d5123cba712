import type { EffectState } from '../../contracts/effects.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Database } from '../database.ts';
import type { EffectRow, EffectStore } from '../ports.ts';
import type { Keyring } from '../keys.ts';
import { effectId } from './effect-id.ts';

/** An effect as it is stored. */
export interface StoredEffect {
  readonly subject: string;
  readonly state: EffectState;
  readonly generation: number;
  readonly attempt: number;
  readonly settled_at: Date | null;
  readonly code: string | null;
  readonly lease: string | null;
}

/** An effect as the ledger shows it. */
export function toEffectRow(row: StoredEffect): EffectRow {
  const { subject, state, generation, attempt } = row;
  return {
    subject,
    state,
    generation,
    attempt,
    settledAt: row.settled_at?.toISOString(),
    code: row.code ?? undefined,
    lease: row.lease ?? undefined,
  };
}

/** Receipts of a page that no summary holds: those after the newest attempt that wrote one. */
const UNSUMMARISED = `
select e.subject, r.generation, r.attempt, r.state, r.body from receipts r join effects e on e.id = r.effect
where r.effect = any($1::bytea[]) and r.lease = $2 and r.epoch <= $3 and r.epoch > coalesce((
  select max(split_part(substr(key, length($5) + 1), ':', 1)::bigint) from journal
  where incident = $4 and starts_with(key, $5) and right(key, 7) = ':closed'), -1)
order by r.id`;

interface Unsummarised {
  readonly subject: string;
  readonly generation: number;
  readonly attempt: number;
  readonly state: string;
  readonly body: string;
}

/** Reading effects and receipts. */
export function reads(
  database: Database,
  keyring: Keyring,
): Pick<EffectStore, 'states' | 'counts' | 'codes' | 'subjects' | 'receipts' | 'unsummarised'> {
  return {
    async states(incident, action, subjects) {
      const ids = subjects.map((subject) => effectId(incident, action, subject));
      const rows = await database.query<StoredEffect>(
        'select subject, state, generation, attempt, settled_at, code, lease from effects where id = any($1::bytea[])',
        [ids],
        'effect-states',
      );
      return rows.map(toEffectRow);
    },
    async counts(incident, action) {
      const rows = await database.query<{ state: EffectState; count: number }>(
        'select state, count(*)::int as count from effects where incident = $1 and action = $2 group by state',
        [await keyring.number(incident), action],
      );
      return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
    },
    async codes(incident, action) {
      const rows = await database.query<{ code: string; count: number }>(
        'select code, count(*)::int as count from effects where incident = $1 and action = $2 and code is not null group by code',
        [await keyring.number(incident), action],
      );
      return Object.fromEntries(rows.map(({ code, count }) => [code, count]));
    },
    async subjects(incident, action, states, limit) {
      const rows = await database.query<{ subject: string }>(
        'select subject from effects where incident = $1 and action = $2 and state = any($3::text[]) order by id limit $4',
        [await keyring.number(incident), action, states, limit],
      );
      return rows.map(({ subject }) => subject);
    },
    async unsummarised(lease, { incident, action }, subjects) {
      const ids = subjects.map((subject) => effectId(incident, action, subject));
      const values = [ids, lease.id, lease.epoch, await keyring.number(incident), `page:${lease.id}:`];
      const rows = await database.query<Unsummarised>(UNSUMMARISED, values);
      return rows.map(({ body, ...row }) => ({ action, ...row, receipt: JSON.parse(body) as JsonObject }));
    },
    async receipts(incident, action, subject) {
      const rows = await database.query<{ at: Date; kind: string; state: string; body: string }>(
        'select at, kind, state, body from receipts where effect = $1 order by id',
        [effectId(incident, action, subject)],
      );
      return rows.map(({ at, kind, state, body }) => ({
        at: at.toISOString(),
        kind,
        state,
        body: JSON.parse(body) as JsonObject,
      }));
    },
  };
}
