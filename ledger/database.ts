import pg from 'pg';
import { CodedError } from '../contracts/errors.ts';

/** Rows of a statement. */
export type Rows<Row> = readonly Row[];

/** Anything that runs a statement: the pool, or a transaction. */
export interface Queryable {
  /** Runs one statement. `name` makes it a prepared one on its connection. */
  query<Row>(text: string, values?: readonly unknown[], name?: string): Promise<Rows<Row>>;
}

/** The database as the stores see it. */
export interface Database extends Queryable {
  /** Runs statements in one transaction; rolls back on any throw. */
  transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const INT8 = 20; // PostgreSQL type oid; our counts and sequence numbers stay far below 2^53
const STATEMENT_TIMEOUT_MS = 30_000; // no statement of ours takes a second; a stuck one must not hold a page
const CONNECT_TIMEOUT_MS = 5_000;
/**
 * How our statements are planned: all of them find their rows by an index, and most run thousands of times a minute.
 * Compiling would triple a settle of twenty; planning anew costs as much as running; and a plan that was made while a table
 * was small reads all of it for each settle once it has grown.
 */
const PLANNING = '-c jit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off';

/**
 * SQLSTATE of a server that is away, going down, full, read-only after a failover or too slow, of a database that is not
 * there yet, and of conflicts that another try solves.
 *
 * @source PostgreSQL manual, appendix A
 */
const RETRYABLE_STATES = /^(08|53|57P|58|3D000|40001|40P01|25006|57014|55P03)/;
const RETRYABLE_ERRNO = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);

/** What pg and pg-pool raise without a code. */
const CODELESS =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout)/;

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: string };
  if (code !== undefined && (RETRYABLE_ERRNO.has(code) || RETRYABLE_STATES.test(code))) return true;
  return CODELESS.test(error.message);
}

/** Makes an error of the driver a coded one where the database is away; every other one is ours and stays as it is. */
export function asLedgerError(error: unknown): unknown {
  if (!isAway(error)) return error;
  const { code = 'no answer' } = error as { code?: string };
  return new CodedError('LEDGER_UNREACHABLE', `the database gave no answer (${code})`, { cause: error });
}

function queryable(client: pg.Pool | pg.PoolClient): Queryable {
  return {
    async query<Row>(text: string, values: readonly unknown[] = [], name?: string) {
      try {
        const { rows } = await client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
        return rows as Row[];
      } catch (error) {
        throw asLedgerError(error);
      }
    },
  };
}

/**
 * Opens a pool on a PostgreSQL.
 *
 * @param url - `postgres://...`
 * @param poolSize - connections at most.
 */
export function openDatabase(url: string, poolSize: number): Database {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    types,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    options: PLANNING,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  pool.on('error', () => undefined); // an idle connection that the server closed: the next query opens another
  return {
    ...queryable(pool),
    async transaction(work) {
      const client = await pool.connect().catch((error: unknown) => {
        throw asLedgerError(error);
      });
      const swallow = (): void => undefined; // a broken connection also rejects the statement, which is where it is handled
      client.on('error', swallow);
      try {
        await client.query('begin');
        const result = await work(queryable(client));
        await client.query('commit');
        client.off('error', swallow);
        client.release();
        return result;
      } catch (error) {
        const broken = await client.query('rollback').then(
          () => false,
          () => true,
        );
        client.off('error', swallow);
        client.release(broken);
        throw asLedgerError(error);
      }
    },
    close: () => pool.end(),
  };
}
