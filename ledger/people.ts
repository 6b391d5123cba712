import type { IncidentId } from '../contracts/ids.ts';
import type { Database } from './database.ts';
import type { Keyring } from './keys.ts';
import type { PeopleStore } from './ports.ts';
import { seal, unseal } from './sealing.ts';

const ASKED_AT_ONCE = 1_000; // subjects a statement: some 40 kilobytes

/** What a sealed id is bound to: it opens under its own pseudonym only. */
function place(incident: IncidentId, subject: string): string {
  return `${incident}/people/${subject}`;
}

/** Register of the people of an incident in PostgreSQL: pseudonym to sealed id. */
export function peopleStore(database: Database, keyring: Keyring): PeopleStore {
  return {
    async enter(incident, ids) {
      const subjects = new Map<string, string>();
      for (const id of ids) if (!subjects.has(id)) subjects.set(id, await keyring.personSubject(incident, id));
      if (subjects.size === 0) return subjects;
      const key = await keyring.depositKey(incident, 'people');
      // In one order everywhere: two steps that enter the same people at once wait for each other, not crosswise.
      const rows = [...subjects].sort(([, left], [, right]) => (left < right ? -1 : 1));
      await database.query(
        'insert into people (incident, subject, sealed) select $1, * from unnest($2::text[], $3::bytea[]) on conflict do nothing',
        [
          await keyring.number(incident),
          rows.map(([, subject]) => subject),
          rows.map(([id, subject]) => seal(key, Buffer.from(id), place(incident, subject))),
        ],
      );
      return subjects;
    },
    async idsOf(incident, subjects) {
      const ids = new Map<string, string>();
      if (subjects.length === 0) return ids;
      const key = await keyring.classKey(incident, 'people');
      for (let from = 0; from < subjects.length; from += ASKED_AT_ONCE) {
        const rows = await database.query<{ subject: string; sealed: Buffer }>(
          'select subject, sealed from people where incident = $1 and subject = any($2::text[])',
          [await keyring.number(incident), subjects.slice(from, from + ASKED_AT_ONCE)],
        );
        for (const { subject, sealed } of rows)
          ids.set(subject, unseal(key, sealed, place(incident, subject)).toString('utf8'));
      }
      return ids;
    },
  };
}
