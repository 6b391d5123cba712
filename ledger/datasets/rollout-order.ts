import type { DatasetRef } from '../../contracts/dataset.ts';
import type { Database } from '../database.ts';

const KEPT = 8; // orders in memory: 4 bytes a row, so 32 MB at a million rows each

/** Positions as one value of four bytes each: as many rows would take a hundred times as much on their way. */
export function positionsIn(bytes: Buffer | null | undefined): Int32Array {
  return Int32Array.from({ length: (bytes?.length ?? 0) / 4 }, (_, index) => bytes!.readInt32BE(index * 4));
}

/**
 * Positions of a dataset in rollout order: rows of the kinds in `first` go first, in the order given there (the word
 * `misused` takes rows with that mark), each group by position.
 *
 * A dataset never changes, so an order is worked out once a process.
 *
 * @returns a function of dataset, `first` and a range in rollout order.
 */
export function rolloutOrder(
  database: Database,
): (dataset: DatasetRef, first: readonly string[], from: number, to: number) => Promise<readonly number[]> {
  const orders = new Map<string, Promise<Int32Array>>();

  async function workOut(dataset: DatasetRef, first: readonly string[]): Promise<Int32Array> {
    const [row] = await database.query<{ positions: Buffer | null }>(
      `select string_agg(int4send(position), ''::bytea order by least(
         coalesce(array_position($2::text[], attributes->>'kind'), 1000),
         case when attributes->>'misused' = 'true' then coalesce(array_position($2::text[], 'misused'), 1000) else 1000 end
       ), position) as positions
       from dataset_rows where dataset = $1`,
      [dataset.id, first],
    );
    return positionsIn(row?.positions);
  }

  return async (dataset, first, from, to) => {
    const end = Math.min(to, dataset.count);
    if (first.length === 0) return Array.from({ length: Math.max(0, end - from) }, (_, index) => from + index);
    const key = `${dataset.id} ${first.join(' ')}`;
    let order = orders.get(key);
    if (!order) {
      order = workOut(dataset, first);
      orders.set(key, order);
      order.catch(() => orders.delete(key));
      if (orders.size > KEPT) orders.delete(orders.keys().next().value!);
    }
    return [...(await order).subarray(from, end)];
  };
}
