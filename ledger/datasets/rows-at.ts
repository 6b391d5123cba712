import { CodedError } from '../../contracts/errors.ts';
import type { DatasetRef, DatasetRow } from '../../contracts/dataset.ts';
import type { Database } from '../database.ts';
import { openRows, type RowKeys, type StoredRow } from './rows.ts';

/** Columns of a row without its sealed part. */
export const ROW = 'position, subject, attributes, salt, proof';

/**
 * Rows at positions, in the order given; opened where a key for that is given.
 *
 * @throws DATASET_KEY_CHANGED for rows that were changed or taken out.
 */
export async function rowsAt(
  database: Database,
  { id }: DatasetRef,
  positions: readonly number[],
  keys: RowKeys,
): Promise<readonly DatasetRow[]> {
  const rows = await database.query<StoredRow>(
    `select ${ROW}, ${keys.sealed ? 'sealed' : 'null as sealed'} from dataset_rows where dataset = $1 and position = any($2::int[])`,
    [id, positions],
  );
  const lacks = positions.length - rows.length;
  if (lacks > 0) throw new CodedError('DATASET_KEY_CHANGED', `dataset ${id} lacks ${lacks} of its rows`);
  const byPosition = new Map(rows.map((row) => [row.position, row]));
  const ordered = positions.map((position) => byPosition.get(position)!);
  return openRows(id, ordered, keys);
}
