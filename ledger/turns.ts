import type { Database } from './database.ts';
import type { TurnStore } from './turn-port.ts';

/** Statements of the turns, for their store and for the test of their plans. */
export const turnStatements = {
  take: `
insert into turns as t (name, holder, until) values ($1, $2, clock_timestamp() + $3 * interval '1 ms')
on conflict (name) do update set holder = excluded.holder, until = excluded.until
  where t.holder = excluded.holder or t.until < clock_timestamp()
returning 1`,
  give: 'delete from turns where name = $1 and holder = $2',
} as const;

/** Turns, in PostgreSQL. */
export function turnStore(database: Database): TurnStore {
  return {
    async take(name, holder, forMs) {
      return (await database.query(turnStatements.take, [name, holder, forMs])).length > 0;
    },
    async give(name, holder) {
      await database.query(turnStatements.give, [name, holder]);
    },
  };
}
