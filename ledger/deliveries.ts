import type { DeliveryAnswer } from '../contracts/detectors.ts';
import { CodedError } from '../contracts/errors.ts';
import type { AlertRecord, AlertStore, AnsweredDelivery, DeliveryKey } from './alert-port.ts';
import { Batches } from './batches.ts';
import type { Database } from './database.ts';

const KEPT = "interval '30 days'"; // longer than any sender delivers again, and than an engine remembers a run

interface Known {
  readonly n: number;
  readonly body_hash: string;
  readonly answer: DeliveryAnswer | null;
}

/** One look into the index for each of some ids; a join could be planned as a walk through all deliveries of thirty days. */
export const LOOK_FOR_DELIVERIES = `
select n::int, body_hash, answer
from unnest($1::text[], $2::text[]) with ordinality as given (detector, id, n)
cross join lateral (
  select body_hash, answer from deliveries d where d.detector = given.detector and d.id = given.id limit 1) as known`;

const KEEP_ANSWERS = `
insert into deliveries (detector, id, body_hash, answer)
select * from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[]) order by 1, 2
on conflict (detector, id) do update set answer = excluded.answer
where deliveries.answer is null and deliveries.body_hash = excluded.body_hash`;

const KEEP_RECORDS = `
insert into alerts (detector, event, kind, times, severity, mode, outcome, incident, code)
select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
order by 1, 2, 3
on conflict (detector, event, kind) do update set times = alerts.times + excluded.times, last_at = clock_timestamp(),
  severity = excluded.severity, mode = excluded.mode, outcome = excluded.outcome,
  incident = coalesce(excluded.incident, alerts.incident), code = excluded.code`;

/** An alert and how often it came within a round. */
interface Counted {
  readonly record: AlertRecord;
  times: number;
}

/** Of several of one key the newest record, with how many there were: a statement takes each row once. */
function counted(records: readonly AlertRecord[]): readonly Counted[] {
  const byKey = new Map<string, Counted>();
  for (const record of records) {
    const key = JSON.stringify([record.detector, record.event, record.kind]);
    byKey.set(key, { record, times: (byKey.get(key)?.times ?? 0) + 1 });
  }
  return [...byKey.values()];
}

/** One row an id; the first answer stands. */
function rowsOf(answered: readonly AnsweredDelivery[]): readonly (readonly [string, string, string, string])[] {
  const byId = new Map<string, readonly [string, string, string, string]>();
  for (const { delivery, answer } of answered)
    for (const id of delivery.ids) {
      const key = JSON.stringify([delivery.detector, id]);
      if (!byId.has(key)) byId.set(key, [delivery.detector, id, delivery.bodyHash, JSON.stringify(answer)]);
    }
  return [...byId.values()];
}

/** What detectors delivered: known for thirty days, so that no replay acts again; and what became of each alert. */
export function deliveryStore(database: Database): Pick<AlertStore, 'take' | 'conclude' | 'forget'> {
  const looks = new Batches<DeliveryKey, readonly Known[]>(async (deliveries) => {
    const ids = deliveries.flatMap(({ detector, ids: own }, index) => own.map((id) => ({ detector, id, index })));
    const rows = await database.query<Known>(
      LOOK_FOR_DELIVERIES,
      [ids.map(({ detector }) => detector), ids.map(({ id }) => id)],
      'look-for-deliveries',
    );
    const found = deliveries.map((): Known[] => []);
    for (const row of rows) found[ids[row.n - 1]!.index]!.push(row);
    return found;
  });

  const answers = new Batches<AnsweredDelivery, undefined>(async (answered) => {
    const rows = rowsOf(answered);
    const columns = [0, 1, 2, 3].map((column) => rows.map((row) => row[column]));
    await database.query(KEEP_ANSWERS, columns, 'answer-deliveries');
    return answered.map(() => undefined);
  });

  const records = new Batches<readonly AlertRecord[], undefined>(async (lists) => {
    const rows = counted(lists.flat());
    const column = (name: keyof AlertRecord) => rows.map(({ record }) => record[name] ?? null);
    await database.query(
      KEEP_RECORDS,
      [
        ...[column('detector'), column('event'), column('kind'), rows.map(({ times }) => times)],
        ...[column('severity'), column('mode'), column('outcome'), column('incident'), column('code')],
      ],
      'record-alerts',
    );
    return lists.map(() => undefined);
  });

  return {
    async take(delivery) {
      const known = await looks.ask(delivery);
      if (known.some((row) => row.body_hash !== delivery.bodyHash))
        throw new CodedError('DETECTOR_DELIVERY_REUSED', 'the id belongs to a delivery with another body');
      return known.find(({ answer }) => answer !== null)?.answer ?? undefined;
    },
    async conclude(became, answered) {
      if (became.length > 0) await records.ask(became); // before the answer: what breaks off here comes again and is counted
      if (answered) await answers.ask(answered);
    },
    async forget() {
      await database.query(`delete from refusals where hour < now() - ${KEPT}`);
      const gone = await database.query(`delete from deliveries where at < now() - ${KEPT} returning 1`);
      return gone.length;
    },
  };
}
