import { CodedError } from '../../contracts/errors.ts';
import type { DatasetRef } from '../../contracts/dataset.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { Database } from '../database.ts';
import type { DatasetStore } from '../ports.ts';
import type { Keyring } from '../keys.ts';
import { CLASS_OF, openRows, type StoredRow } from './rows.ts';
import { groupsOf } from './groups.ts';
import { rolloutOrder } from './rollout-order.ts';
import { ROW, rowsAt } from './rows-at.ts';

const STREAM_ROWS = 1_000; // rows a statement

/** Raw values of subjects, in every dataset of an incident and a kind. */
const DESTROY = `
update dataset_rows r set sealed = null from datasets d
where r.subject = any($3::text[]) and r.sealed is not null and d.id = r.dataset and d.incident = $1 and d.kind = $2`;

/** Makes sure that a dataset is the incident's and the very one that is referred to. */
function membership(
  database: Database,
  keyring: Keyring,
): (incident: IncidentId, dataset: DatasetRef) => Promise<void> {
  return async (incident, { id, digest }) => {
    const [row] = await database.query<{ digest: string }>(
      'select digest from datasets where id = $1 and incident = $2',
      [id, await keyring.number(incident)],
      'dataset-check',
    );
    if (!row) throw new CodedError('DATASET_UNKNOWN', `${incident} has no dataset ${id}`);
    if (row.digest !== digest)
      throw new CodedError('DATASET_KEY_CHANGED', `dataset ${id} has another digest than it is referred to by`);
  };
}

/** Reading datasets, and destroying what is sealed in them. */
export function datasetReads(
  database: Database,
  keyring: Keyring,
): Pick<DatasetStore, 'read' | 'stream' | 'groups' | 'countBy' | 'distinct' | 'destroySealed'> {
  const orderOf = rolloutOrder(database);
  const check = membership(database, keyring);

  return {
    async read(incident, dataset, { from, to, first = [], open = false }) {
      await check(incident, dataset);
      const keys = {
        rows: await keyring.recordKey(incident, 'rows'),
        sealed: open ? await keyring.classKey(incident, CLASS_OF[dataset.kind]) : undefined,
      };
      return rowsAt(database, dataset, await orderOf(dataset, first, from, to), keys);
    },
    async *stream(incident, dataset) {
      await check(incident, dataset);
      const keys = { rows: await keyring.recordKey(incident, 'rows'), sealed: undefined };
      for (let from = 0; from < dataset.count; from += STREAM_ROWS) {
        const rows = await database.query<StoredRow>(
          `select ${ROW}, null as sealed from dataset_rows where dataset = $1 and position >= $2 and position < $3 order by position`,
          [dataset.id, from, from + STREAM_ROWS],
        );
        yield* openRows(dataset.id, rows, keys);
      }
    },
    async *groups(incident, dataset, attribute) {
      await check(incident, dataset);
      const keys = { rows: await keyring.recordKey(incident, 'rows'), sealed: undefined };
      yield* groupsOf(database, dataset, attribute, keys);
    },
    async countBy(incident, dataset, attribute) {
      await check(incident, dataset);
      const rows = await database.query<{ value: string; count: number }>(
        "select coalesce(attributes->>$2, '') as value, count(*)::int as count from dataset_rows where dataset = $1 group by 1 order by 1",
        [dataset.id, attribute],
      );
      return Object.fromEntries(rows.map(({ value, count }) => [value, count]));
    },
    async distinct(incident, kind) {
      const [row] = await database.query<{ count: number }>(
        `select count(distinct r.subject)::int as count from dataset_rows r join datasets d on d.id = r.dataset
         where d.incident = $1 and d.kind = $2 and d.part = 'dataset'`,
        [await keyring.number(incident), kind],
      );
      return row!.count;
    },
    async destroySealed(incident, dataset, subjects) {
      await check(incident, dataset);
      await database.query(DESTROY, [await keyring.number(incident), dataset.kind, subjects]);
    },
  };
}
