import type { DatasetKind } from '../contracts/dataset.ts';
import type { Digest } from '../contracts/ids.ts';
import type { EffectState } from '../contracts/effects.ts';
import type { Database } from './database.ts';
import type { DatasetEntry, EffectsEntry, InventoryStore } from './ports.ts';
import type { Keyring } from './keys.ts';

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
  };
}
