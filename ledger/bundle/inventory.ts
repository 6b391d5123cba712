import { createHash } from 'node:crypto';
import { lineOf, type LineKind } from './bundle-file.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { JournalHead } from '../../contracts/journal.ts';
import { canonicalJson, type JsonObject } from '../../contracts/json.ts';
import type { DatasetEntry } from '../inventory-port.ts';
import type { Ledger } from '../ports.ts';

/** Kinds of lines that stand beside the chain; the journal vouches for all lines of a kind by one digest. */
export const VOUCHED = ['dataset', 'targets', 'effects', 'acts'] as const satisfies readonly LineKind[];

/** A kind of line that the journal vouches for. */
export type VouchedKind = (typeof VOUCHED)[number];

/** What the journal says of each kind: how many lines, and SHA-256 over them as a bundle for auditors holds them. */
export type Inventory = Readonly<Record<VouchedKind, { readonly lines: number; readonly digest: string }>>;

async function* entriesOf(
  { inventory }: Pick<Ledger, 'inventory'>,
  incident: IncidentId,
  datasets: readonly DatasetEntry[],
  kind: VouchedKind,
): AsyncIterable<readonly object[]> {
  switch (kind) {
    case 'dataset':
      yield datasets;
      return;
    case 'targets':
      for (const { id } of datasets) {
        let from = 0;
        for await (const targets of inventory.targets({ id })) {
          yield [
            { dataset: id, from, rows: targets.map(({ subject, commitment, ref }) => [subject, commitment, ref]) },
          ];
          from += targets.length;
        }
      }
      return;
    case 'effects':
      yield await inventory.effects(incident);
      return;
    case 'acts':
      for await (const acts of inventory.acts(incident)) yield [{ acts }];
  }
}

/** How to take an inventory. */
export interface InventoryOptions {
  /** Gets each piece of text that was counted, in the order of a bundle. */
  readonly take?: (kind: VouchedKind, text: string) => Promise<void>;
  /** Gives it up. */
  readonly signal?: AbortSignal;
}

/**
 * Goes through datasets, targets and effects of an incident as a bundle for auditors lists them.
 *
 * @throws ledger errors; the reason of the signal when it was given up.
 */
export async function takeInventory(
  ledger: Pick<Ledger, 'inventory'>,
  incident: IncidentId,
  { take, signal }: InventoryOptions = {},
): Promise<Inventory> {
  const datasets = await ledger.inventory.datasets(incident);
  const taken: Partial<Record<VouchedKind, Inventory[VouchedKind]>> = {};
  for (const kind of VOUCHED) {
    const hash = createHash('sha256');
    let lines = 0;
    for await (const entries of entriesOf(ledger, incident, datasets, kind)) {
      signal?.throwIfAborted();
      const text = entries.map((entry) => lineOf(kind, entry)).join('');
      hash.update(text);
      lines += entries.length;
      await take?.(kind, text);
    }
    taken[kind] = { lines, digest: hash.digest('hex') };
  }
  return taken as Inventory;
}

/** Key of the record of an inventory that is taken for a reason: another inventory for the same reason has another record. */
export function inventoryKey(reason: string, inventory: Inventory): string {
  return `inventory:${reason}:${createHash('sha256').update(canonicalJson(inventory)).digest('hex').slice(0, 16)}`;
}

/**
 * Has the journal vouch for an inventory.
 *
 * @param key - of the record; one that is there already stays as it is.
 * @param more - what else the record says, e.g. for whom a bundle is made.
 * @returns the head afterwards.
 */
export function recordInventory(
  { journal }: Pick<Ledger, 'journal'>,
  incident: IncidentId,
  key: string,
  inventory: Inventory,
  more: JsonObject = {},
): Promise<JournalHead> {
  const body = { ...inventory, ...more };
  return journal.append(incident, [{ key, kind: 'inventory', actor: 'engine', body }]);
}
