import type { JsonObject } from '../contracts/json.ts';
import type { Database } from './database.ts';
import type { IntentStore } from './intent-port.ts';

/** Statements of the intents, for their store and for the test of their plans. */
export const intentStatements = {
  keep: `
insert into intents (person, key, act, body, at) values ($1, $2, $3, $4, $5)
on conflict (person, key) do update set act = excluded.act, body = excluded.body, at = excluded.at, settled_at = null,
  outcome = null
where excluded.at > intents.at`,
  waiting: `
select person, key, act, body, at from intents where settled_at is null order by act <> 'command', at limit $1`,
  settle: `
update intents set body = null, settled_at = clock_timestamp(), outcome = $3
where person = $1 and key = $2 and settled_at is null and date_trunc('milliseconds', at) <= $4`,
  forget: "delete from intents where settled_at < now() - interval '30 days'", // a small table: what outages left
} as const;

interface Row {
  readonly person: string;
  readonly key: string;
  readonly act: string;
  readonly body: JsonObject;
  readonly at: Date;
}

/** Intents, in PostgreSQL. */
export function intentStore(database: Database): IntentStore {
  return {
    async keep({ person, key, act, body, at }) {
      await database.query(intentStatements.keep, [person, key, act, JSON.stringify(body), at]);
    },
    async waiting(limit) {
      const rows = await database.query<Row>(intentStatements.waiting, [limit]);
      return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() }));
    },
    async settle({ person, key, at }, outcome) {
      await database.query(intentStatements.settle, [person, key, outcome, at]);
    },
    async forget() {
      await database.query(intentStatements.forget);
    },
  };
}
