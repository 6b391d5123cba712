import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../contracts/errors.ts';
import { openDatabase, type Queryable } from './database.ts';

const FOLDER = join(import.meta.dirname, 'migrations');
const LOCK = 7_380_001; // advisory lock: two workers that start at once must not both migrate
const UNDEFINED_TABLE = '42P01';

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

/** Migrations that a database still lacks. @throws LEDGER_SCHEMA_NEWER for one that this version does not know as it is. */
async function missingIn(database: Queryable): Promise<readonly Migration[]> {
  const known = await readMigrations();
  const applied = await database.query<{ name: string; checksum: string }>('select name, checksum from migrations');
  const strange = applied.find((row) => known.find(({ name }) => name === row.name)?.checksum !== row.checksum);
  if (strange)
    throw new CodedError(
      'LEDGER_SCHEMA_NEWER',
      `the database has ${strange.name} in a form this version does not know`,
    );
  return known.filter(({ name }) => !applied.some((row) => row.name === name));
}

/**
 * Brings a database to this version's schema: forward only, each migration once, all in one transaction.
 *
 * @returns names of the migrations that were applied now.
 * @throws LEDGER_SCHEMA_NEWER when the database has migrations that this version does not know, or other texts of them.
 * @throws LEDGER_UNREACHABLE when the database does not answer.
 */
export async function migrate(url: string): Promise<readonly string[]> {
  const database = openDatabase(url, 1);
  try {
    return await database.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
      await tx.query(
        'create table if not exists migrations (name text primary key, checksum text not null, at timestamptz not null default now())',
      );
      const missing = await missingIn(tx);
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

/**
 * Makes sure that a database has exactly this version's schema.
 *
 * @throws LEDGER_SCHEMA_OLDER, LEDGER_SCHEMA_NEWER, LEDGER_UNREACHABLE
 */
export async function checkSchema(database: Queryable): Promise<void> {
  const missing = await missingIn(database).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== UNDEFINED_TABLE) throw error;
    return undefined;
  });
  if (missing?.length === 0) return;
  const lacks = missing ? missing.map(({ name }) => name).join(', ') : 'every migration';
  throw new CodedError('LEDGER_SCHEMA_OLDER', `the database lacks ${lacks}`);
}
