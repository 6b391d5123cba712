import type { DatasetKind } from '../contracts/dataset.ts';
import type { Digest } from '../contracts/ids.ts';
import type { EffectState } from '../contracts/effects.ts';
import type { Database } from './database.ts';
import { LEAF_ROWS } from './datasets/merkle.ts';
import { attributesCommitment } from './datasets/rows.ts';
import type { ActEntry, DatasetEntry, EffectsEntry, InventoryStore, TargetEntry } from './inventory-port.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Keyring } from './keys.ts';

const ACTS_A_READ = 500;
const ACTS = `
select encode(id, 'hex') as id, action, subject, state, generation, attempt, code, lease, epoch,
  to_char(claimed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "claimedAt"
from effects where incident = $1 and id > $2 order by id limit ${ACTS_A_READ}`;
const TARGETS = `
select subject, salt, attributes from dataset_rows
where dataset = $1 and position >= $2 and position < $2 + ${LEAF_ROWS} order by position`;

interface TargetRow {
  readonly subject: string;
  readonly salt: Buffer;
  readonly attributes: JsonObject;
}

interface CountRow {
  readonly action: string;
  readonly state: EffectState;
  readonly count: number;
}

interface DatasetRow {
  readonly id: string;
  readonly step: string;
  readonly visit: number;
  readonly part: string;
  readonly kind: DatasetKind;
  readonly count: number;
  readonly digest: string;
}

/** What an incident holds, for whoever needs all of it: the bundle. */
export function inventoryStore(database: Database, keyring: Keyring): InventoryStore {
  return {
    async effects(incident) {
      const number = await keyring.number(incident);
      const counts = await database.query<CountRow>(
        'select action, state, count(*)::int as count from effects where incident = $1 group by action, state order by action, state',
        [number],
      );
      const receipts = await database.query<{ action: string; count: number }>(
        'select e.action, count(*)::int as count from receipts r join effects e on e.id = r.effect where e.incident = $1 group by e.action',
        [number],
      );
      return [...new Set(counts.map(({ action }) => action))].map((action): EffectsEntry => ({
        action,
        counts: Object.fromEntries(
          counts.filter((row) => row.action === action).map(({ state, count }) => [state, count]),
        ),
        receipts: receipts.find((row) => row.action === action)?.count ?? 0,
      }));
    },
    async datasets(incident) {
      const rows = await database.query<DatasetRow>(
        'select id, step, visit, part, kind, count, digest from datasets where incident = $1 order by step, visit, part',
        [await keyring.number(incident)],
      );
      return rows.map((row): DatasetEntry => ({ ...row, digest: row.digest as Digest }));
    },
    async *targets({ id }) {
      for (let from = 0; ; from += LEAF_ROWS) {
        const rows = await database.query<TargetRow>(TARGETS, [id, from]);
        if (rows.length > 0) yield rows.map(targetEntry);
        if (rows.length < LEAF_ROWS) return;
      }
    },
    async *acts(incident) {
      const number = await keyring.number(incident);
      for (let after = Buffer.alloc(0); ;) {
        const rows = await database.query<ActEntry & { readonly id: string }>(ACTS, [number, after]);
        if (rows.length > 0) yield rows.map(({ id: _id, ...act }) => act);
        if (rows.length < ACTS_A_READ) return;
        after = Buffer.from(rows.at(-1)!.id, 'hex');
      }
    },
  };
}

function targetEntry({ subject, salt, attributes }: TargetRow): TargetEntry {
  const { issuerId } = attributes;
  const commitment = attributesCommitment(salt, attributes).toString('hex');
  return { subject, commitment, ref: typeof issuerId === 'string' ? issuerId : '' };
}
