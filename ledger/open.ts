import { alertStore } from './alerts.ts';
import { datasetReads } from './datasets/reads.ts';
import { datasetWrites } from './datasets/writes.ts';
import { openDatabase } from './database.ts';
import { documents } from './documents.ts';
import { doorStore } from './door.ts';
import { dutyStore } from './duties.ts';
import { claims } from './effects/claims.ts';
import { limits } from './effects/limits.ts';
import { outcomes } from './effects/outcomes.ts';
import { permits } from './effects/permits.ts';
import { reads } from './effects/reads.ts';
import { recovery } from './effects/recovery.ts';
import { retries } from './effects/retries.ts';
import { returns } from './effects/returns.ts';
import { rolloutStore } from './effects/rollouts.ts';
import { holdStore } from './holds.ts';
import { incidentStore } from './incidents.ts';
import { inventoryStore } from './inventory.ts';
import { journalStore } from './journal.ts';
import { intentStore } from './intents.ts';
import { Keyring } from './keys.ts';
import { checkSchema } from './migrate.ts';
import { pageStore } from './pages.ts';
import { peopleStore } from './people.ts';
import { plans } from './plans.ts';
import type { Ledger, LedgerOptions } from './ports.ts';
import { turnStore } from './turns.ts';

const POOL_SIZE = 10; // a worker's pages and quick activities share it; statements take milliseconds

/**
 * Opens the ledger of a migrated database.
 *
 * @throws LEDGER_UNREACHABLE when the database does not answer.
 * @throws LEDGER_SCHEMA_OLDER, LEDGER_SCHEMA_NEWER when its schema is another version's.
 * @throws LEDGER_KEY_WRONG when the key-encryption key is another one than the ledger was made with.
 */
export async function openLedger({
  url,
  keyEncryptionKey,
  opens,
  poolSize = POOL_SIZE,
}: LedgerOptions): Promise<Ledger> {
  const database = openDatabase(url, poolSize);
  const keyring = new Keyring(database, { keyEncryptionKey, opens });
  try {
    await checkSchema(database);
    await keyring.open();
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    incidents: incidentStore(database, keyring),
    people: peopleStore(database, keyring),
    datasets: { ...datasetReads(database, keyring), ...datasetWrites(database, keyring) },
    effects: {
      ...permits(database),
      ...claims(database, keyring),
      ...recovery(database),
      ...outcomes(database),
      ...reads(database, keyring),
      ...limits(database, keyring),
      ...retries(database, keyring),
    },
    rollouts: rolloutStore(database, keyring),
    journal: journalStore(database, keyring),
    documents: { ...documents(database, keyring), ...plans(database) },
    duties: dutyStore(database, keyring),
    holds: holdStore(database, keyring),
    returns: returns(database, keyring),
    inventory: inventoryStore(database, keyring),
    alerts: alertStore(database),
    pages: pageStore(database, keyring),
    door: doorStore(database),
    turns: turnStore(database),
    intents: intentStore(database),
    ping: async () => {
      await database.query('select 1');
    },
    close: () => database.close(),
  };
}
