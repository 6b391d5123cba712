import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../../ledger/migrate.ts';
import { openLedger } from '../../../ledger/open.ts';
import { startTestPostgres } from '../../support/postgres.ts';
import type { Digest, IncidentId } from '../../../contracts/ids.ts';
import type {
  ClaimAnswer,
  ClaimTarget,
  Ledger,
  LedgerOptions,
  OpenRequest,
  Settlement,
} from '../../../ledger/ports.ts';

/** A key-encryption key that is none outside of tests. */
export const TEST_KEY = Buffer.alloc(32, 7);
/** A digest of nothing in particular. */
export const PARAMS = 'ab'.repeat(32) as Digest;

/** A ledger on a database of its own, with one open incident. */
export interface TestLedger {
  readonly ledger: Ledger;
  readonly incident: IncidentId;
  readonly url: string;
  /** A session of its own: what a stranger, or a tampering hand, does to the database. */
  readonly raw: pg.Client;
  /** Opens the same database as another process would. */
  another(options?: Partial<LedgerOptions>): Promise<Ledger>;
  close(): Promise<void>;
}

/** A request to open an incident; each one with a key of its own. */
export function openRequest(changes: Partial<OpenRequest> = {}): OpenRequest {
  return {
    key: randomUUID(),
    requestHash: PARAMS,
    mode: 'live',
    playbook: 'exposed-secrets',
    planHash: PARAMS,
    requester: 'alice',
    inputs: {},
    roles: { commander: ['alice'] },
    ...changes,
  };
}

/** Migrates a fresh database and opens a ledger with an incident. */
export async function openTestLedger(): Promise<TestLedger> {
  const url = await (await startTestPostgres()).freshDatabase();
  await migrate(url);
  const raw = new pg.Client({ connectionString: url });
  await raw.connect();
  const opened: Ledger[] = [];
  const another: TestLedger['another'] = async (options = {}) => {
    const ledger = await openLedger({ url, keyEncryptionKey: TEST_KEY, opens: ['secrets', 'people'], ...options });
    opened.push(ledger);
    return ledger;
  };
  const ledger = await another();
  const { incident } = await ledger.incidents.open(openRequest());
  return {
    ledger,
    incident,
    url,
    raw,
    another,
    async close() {
      await Promise.all(opened.map((one) => one.close()));
      await raw.end();
    },
  };
}

/** `count` subjects `s00000`, `s00001` ... */
export function subjectsOf(count: number, from = 0): readonly string[] {
  return Array.from({ length: count }, (_, index) => `s${String(from + index).padStart(5, '0')}`);
}

/** Targets of one and the same request. */
export function targetsOf(subjects: readonly string[], paramsHash = PARAMS): readonly ClaimTarget[] {
  return subjects.map((subject) => ({ subject, paramsHash }));
}

/** Settlements of everything that a claim gave. */
export function settled(mine: ClaimAnswer['mine'], change: Partial<Settlement> = {}): readonly Settlement[] {
  return mine.map((claim) => ({ ...claim, state: 'accepted', receipt: { status: 200 }, ...change }));
}

/** A list cut into parts. */
export function inParts<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
    items.slice(part * size, (part + 1) * size),
  );
}
