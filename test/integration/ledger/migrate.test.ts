import assert from 'node:assert/strict';
import pg from 'pg';
import { migrate } from '../../../ledger/migrate.ts';
import { openLedger } from '../../../ledger/open.ts';
import { freePort } from '../../support/free-port.ts';
import { startTestPostgres } from '../../support/postgres.ts';
import { TEST_KEY } from './open-test-ledger.ts';

async function freshDatabase(): Promise<string> {
  return (await startTestPostgres()).freshDatabase();
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

const open = (url: string) => openLedger({ url, keyEncryptionKey: TEST_KEY, opens: [] });

describe('migrate', () => {
  it('applies everything once, however many workers start at the same time', async () => {
    const url = await freshDatabase();
    const applied = await Promise.all([migrate(url), migrate(url), migrate(url)]);
    assert.equal(applied.filter((names) => names.length > 0).length, 1);
    assert.deepEqual(await migrate(url), []);
  });

  it('refuses a database with a migration it does not know', async () => {
    const url = await freshDatabase();
    await migrate(url);
    await run(url, "insert into migrations (name, checksum) values ('9999-later.sql', 'x')");
    await assert.rejects(migrate(url), { code: 'LEDGER_SCHEMA_NEWER' });
    await assert.rejects(open(url), { code: 'LEDGER_SCHEMA_NEWER' });
  });

  it('refuses a database whose migration had another text', async () => {
    const url = await freshDatabase();
    await migrate(url);
    await run(url, "update migrations set checksum = 'x'");
    await assert.rejects(migrate(url), { code: 'LEDGER_SCHEMA_NEWER' });
  });

  it('leaves nothing behind when the database is away', async () => {
    const url = `postgres://firebreak@127.0.0.1:${await freePort()}/none`;
    await assert.rejects(migrate(url), { code: 'LEDGER_UNREACHABLE' });
  });
});

describe('openLedger', () => {
  it('refuses a database that nobody migrated', async () => {
    await assert.rejects(open(await freshDatabase()), { code: 'LEDGER_SCHEMA_OLDER' });
  });

  it('refuses one that lacks the newest migration', async () => {
    const url = await freshDatabase();
    await migrate(url);
    await run(url, 'delete from migrations');
    await assert.rejects(open(url), { code: 'LEDGER_SCHEMA_OLDER' });
  });

  it('says that the database is away', async () => {
    const url = `postgres://firebreak@127.0.0.1:${await freePort()}/none`;
    await assert.rejects(open(url), { code: 'LEDGER_UNREACHABLE' });
  });
});
