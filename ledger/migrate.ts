import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../contracts/errors.ts';
import { openDatabase } from './database.ts';

const FOLDER = join(import.meta.dirname, 'migrations');
const LOCK = 7_380_001; // advisory lock: two workers that start at once must not both migrate

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

async function readMigrations(): Promise<readonly Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(FOLDER, name), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Brings a database to this version's schema: forward only, each migration once, in one transaction.
 *
 * @returns names of the migrations that were applied now.
 * @throws LEDGER_SCHEMA_NEWER when the database has migrations that this version does not know, or other texts of them.
 * @throws LEDGER_UNREACHABLE when the database does not answer.
 */
export async function migrate(url: string): Promise<readonly string[]> {
  const known = await readMigrations();
  const database = openDatabase(url, 1);
  try {
    return await database.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
      await tx.query(
        'create table if not exists migrations (name text primary key, checksum text not null, at timestamptz not null default now())',
      );
      const applied = await tx.query<{ name: string; checksum: string }>(
        'select name, checksum from migrations order by name',
      );
      const strange = applied.find((row) => known.find(({ name }) => name === row.name)?.checksum !== row.checksum);
      if (strange)
        throw new CodedError(
          'LEDGER_SCHEMA_NEWER',
          `the database has ${strange.name}, which this version does not know in that form`,
        );
      const missing = known.slice(applied.length);
      for (const { name, sql, checksum } of missing) {
        await tx.query(sql);
        await tx.query('insert into migrations (name, checksum) values ($1, $2)', [name, checksum]);
      }
      return missing.map(({ name }) => name);
    });
  } finally {
    await database.close();
  }
}
