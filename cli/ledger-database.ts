import pg from 'pg';
import { CodedError } from '../contracts/errors.ts';
import { instructionsOf } from '../contracts/instructions.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { JournalRecord } from '../contracts/journal.ts';
import type { Plan } from '../contracts/plan.ts';
import { STEP_KINDS } from './runbook-records.ts';

const CONNECT_WITHIN_MS = 5_000;
const STATEMENT_WITHIN_MS = 15_000;
const NO_SUCH_TABLE = '42P01';

/** What a ledger holds for a checklist. */
interface Read {
  readonly plan: Plan;
  readonly planHash: string;
  readonly instructions: Readonly<Record<string, string>>;
  /** Records about steps, in their order. */
  readonly records: readonly Pick<JournalRecord, 'seq' | 'kind' | 'body'>[];
}

async function read(client: pg.Client, incident: string): Promise<Read> {
  await client.query('begin transaction read only');
  const [row] = (
    await client.query<{ number: number; plan_hash: string; body: string; documents: readonly string[] }>(
      `select i.number, i.plan_hash, p.body, p.documents from incidents i join plans p on p.hash = i.plan_hash where i.id = $1`,
      [incident],
    )
  ).rows;
  if (!row) throw new CodedError('INCIDENT_UNKNOWN', `that ledger has no incident ${incident}`);
  const texts = await client.query<{ hash: string; body: string }>(
    'select hash, body from plan_documents where hash = any($1::text[])',
    [row.documents],
  );
  const records = await client.query<{ seq: string; kind: JournalRecord['kind']; body: string }>(
    'select seq, kind, body from journal where incident = $1 and kind = any($2::text[]) order by seq',
    [row.number, STEP_KINDS],
  );
  const plan = JSON.parse(row.body) as Plan;
  const byHash = new Map(texts.rows.map(({ hash, body }) => [hash, body]));
  return {
    ...{ plan, planHash: row.plan_hash },
    instructions: await instructionsOf(plan, (hash) => byHash.get(hash) ?? ''),
    records: records.rows.map(({ seq, kind, body }) => ({
      ...{ seq: Number(seq), kind, body: JSON.parse(body) as JsonObject },
    })),
  };
}

/**
 * Reads plan and steps of an incident from the ledger's database, for the day on which nothing else answers. It only reads,
 * and nothing that it reads is sealed: any account that may select from `incidents`, `plans`, `plan_documents` and `journal`
 * will do.
 *
 * @throws LEDGER_UNREACHABLE, INCIDENT_UNKNOWN, CLI_USAGE for a database that holds no ledger
 */
export async function readFromLedger(incident: string, url: string): Promise<Read> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    statement_timeout: STATEMENT_WITHIN_MS,
    application_name: 'firebreak runbook',
  });
  client.on('error', () => undefined); // what was under way fails by itself, and says so
  try {
    await client.connect();
    return await read(client, incident);
  } catch (error) {
    if (error instanceof CodedError) throw error;
    const { code } = error as { readonly code?: string };
    if (code === NO_SUCH_TABLE) throw new CodedError('CLI_USAGE', 'that database holds no ledger');
    throw new CodedError('LEDGER_UNREACHABLE', `the database does not answer (${code ?? 'no code'})`, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}
