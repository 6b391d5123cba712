import type { DatasetRef, DatasetRow } from '../../contracts/dataset.ts';
import type { Database } from '../database.ts';
import { positionsIn } from './rollout-order.ts';
import { rowsAt } from './rows-at.ts';
import type { RowKeys } from './rows.ts';

const READ_ROWS = 1_000; // rows a statement

/** Positions of a dataset's rows by the value of an attribute; those where it is absent or empty are left out. */
async function orderBy(database: Database, { id }: DatasetRef, attribute: string): Promise<Int32Array> {
  const [row] = await database.query<{ positions: Buffer | null }>(
    `select string_agg(int4send(position), ''::bytea order by attributes->>$2 collate "C", position) as positions
     from dataset_rows where dataset = $1 and attributes->>$2 <> ''`,
    [id, attribute],
  );
  return positionsIn(row?.positions);
}

/** Rows that share a text in an attribute, group by group; only their order, four bytes a row, and one group are in memory. */
export async function* groupsOf(
  database: Database,
  dataset: DatasetRef,
  attribute: string,
  keys: RowKeys,
): AsyncGenerator<{ readonly value: string; readonly rows: readonly DatasetRow[] }> {
  const positions = await orderBy(database, dataset, attribute);
  let [value, group]: [string, DatasetRow[]] = ['', []];
  for (let from = 0; from < positions.length; from += READ_ROWS) {
    for (const row of await rowsAt(database, dataset, [...positions.subarray(from, from + READ_ROWS)], keys)) {
      const own = row.attributes[attribute] as string;
      if (own !== value && group.length > 0) {
        yield { value, rows: group };
        group = [];
      }
      value = own;
      group.push(row);
    }
  }
  if (group.length > 0) yield { value, rows: group };
}
