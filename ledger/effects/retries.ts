import type { EffectState } from '../../contracts/effects.ts';
import { permitId } from '../../contracts/ids.ts';
import type { Database } from '../database.ts';
import type { EffectStore } from '../ports.ts';
import type { Keyring } from '../keys.ts';
import type { IncidentId } from '../../contracts/ids.ts';

/** Rows that a page of the step claimed last: its leases begin with the step's permits of any visit. */
export const OF_STEP = 'incident = $1 and starts_with(lease, $2) and state = any($3::text[])';

const REOPEN_STEP = `
with l as materialized (select id from effects where ${OF_STEP} order by id for no key update),
moved as (
  update effects e set state = 'planned', generation = generation + 1, first_claim_at = null, not_before = null, code = null
  from l where e.id = l.id and e.state = any($3::text[]) returning 1)
select count(*)::int as moved from moved`;

const UNSETTLED = `
select action, subject, state, generation, code, count(*) over ()::int as total
from effects where ${OF_STEP} order by id limit $4`;

interface Row {
  readonly action: string;
  readonly subject: string;
  readonly state: EffectState;
  readonly generation: number;
  readonly code: string | null;
  readonly total: number;
}

/** `<incident>/<step>#`: what the permits of every visit begin with. */
export function beginning(incident: IncidentId, step: string): string {
  const first = permitId(incident, step, 1);
  return first.slice(0, first.lastIndexOf('#') + 1);
}

/** What a person's retry of a step works on. */
export function retries(database: Database, keyring: Keyring): Pick<EffectStore, 'reopenStep' | 'unsettled'> {
  return {
    async reopenStep(incident, step, states) {
      const values = [await keyring.number(incident), beginning(incident, step), states];
      const [row] = await database.query<{ moved: number }>(REOPEN_STEP, values);
      return row!.moved;
    },
    async unsettled(incident, step, states, limit) {
      const values = [await keyring.number(incident), beginning(incident, step), states, limit];
      const rows = await database.query<Row>(UNSETTLED, values);
      return {
        total: rows[0]?.total ?? 0,
        targets: rows.map(({ action, subject, state, generation, code }) => ({
          ...{ action, subject, state, generation },
          code: code ?? undefined,
        })),
      };
    },
  };
}
