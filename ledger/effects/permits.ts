import { CodedError } from '../../contracts/errors.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { Database } from '../database.ts';
import type { EffectStore, Lease, PermitMarks, PermitRow, PermitState } from '../ports.ts';

interface Row {
  readonly state: PermitState;
  readonly gate: string | null;
  readonly targets: number | null;
  readonly proven: string | null;
  readonly ceiling: number | null;
  readonly hold: string | null;
  readonly lifted: string | null;
}

function toPermitRow({ state, gate, ...marks }: Row): PermitRow {
  const written = Object.entries(marks).filter(([, value]) => value !== null);
  return { state, gate: (gate ?? undefined) as Digest | undefined, ...(Object.fromEntries(written) as PermitMarks) };
}

/** Permits (one a step visit) and leases (one a page): what stands between a page and its claims. */
export function permits(
  database: Database,
): Pick<EffectStore, 'setPermit' | 'readPermit' | 'takeLease' | 'holdsLease'> {
  return {
    async setPermit(permit, incident, state, gate, turn, marks = {}) {
      // Waits for every claim that holds the row for share; once this has committed, no claim succeeds under the old state.
      // A flip that was decided before the one that stands, and comes late or again, changes nothing.
      const { targets, proven, ceiling, hold, lifted } = marks;
      await database.query(
        `insert into permits as p (id, incident, state, gate, turn, targets, proven, ceiling, hold, lifted)
         values ($1, $2, $3, $4, coalesce($5::bigint, 0), $6, $7, $8, $9, $10)
         on conflict (id) do update
           set state = excluded.state, gate = coalesce(excluded.gate, p.gate), turn = coalesce($5::bigint, p.turn),
             targets = coalesce(excluded.targets, p.targets), proven = coalesce(excluded.proven, p.proven),
             ceiling = case when excluded.proven is null then coalesce(excluded.ceiling, p.ceiling) end,
             hold = coalesce(excluded.hold, p.hold), lifted = coalesce(excluded.lifted, p.lifted)
           where $5::bigint is null or $5::bigint > p.turn`,
        [
          ...[permit, incident, state, gate ?? null, turn ?? null],
          ...[targets ?? null, proven ?? null, ceiling ?? null, hold ?? null, lifted ?? null],
        ],
      );
    },
    async readPermit(permit) {
      const [row] = await database.query<Row>(
        'select state, gate, targets, proven, ceiling, hold, lifted from permits where id = $1',
        [permit],
      );
      return row && toPermitRow(row);
    },
    async takeLease({ id, epoch, permit }) {
      const rows = await database.query(
        `insert into leases as l (id, epoch, permit) values ($1, $2, $3)
         on conflict (id) do update set epoch = excluded.epoch, permit = excluded.permit
           where l.epoch <= excluded.epoch returning epoch`,
        [id, epoch, permit],
      );
      if (rows.length === 0) throw new CodedError('LEASE_LOST', `a newer attempt has taken ${id}`);
    },
    async holdsLease({ id, epoch }: Lease) {
      const rows = await database.query(
        "select 1 from leases l join permits p on p.id = l.permit where l.id = $1 and l.epoch = $2 and p.state = 'open'",
        [id, epoch],
        'holds-lease',
      );
      return rows.length > 0;
    },
  };
}
