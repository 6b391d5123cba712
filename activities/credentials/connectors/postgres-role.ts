import pg from 'pg';
import { inParallel } from './in-parallel.ts';
import { issuerId, text } from './answers.ts';
import type { ApplyTarget, Connector } from '../../port.ts';
import type { ConnectorTraits, Observation, Outcome } from '../../../contracts/effects.ts';
import type { CredentialIssuer, CredentialVendor, Identified } from '../port.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';
import type { JsonObject } from '../../../contracts/json.ts';

const CONNECTIONS = 4;
const TIMEOUT_MS = 10_000;

/** SQLSTATE by what it means for the target. @source PostgreSQL documentation, appendix A */
const REFUSALS: Readonly<Record<string, Pick<Outcome, 'state' | 'code'> & { readonly waitMs?: number }>> = {
  '42704': { state: 'failed', code: 'CONNECTOR_TARGET_UNKNOWN' }, // undefined_object: no such role
  '42501': { state: 'failed', code: 'CONNECTOR_REFUSED' }, // insufficient_privilege
  '2BP01': { state: 'failed', code: 'CONNECTOR_REFUSED' }, // dependent_objects_still_exist
  '28P01': { state: 'planned', code: 'CONNECTOR_UNAUTHORIZED', waitMs: 10_000 }, // invalid_password: ours
  '28000': { state: 'planned', code: 'CONNECTOR_UNAUTHORIZED', waitMs: 10_000 }, // our own role may not log in
  '53300': { state: 'planned', code: 'CONNECTOR_RATE_LIMITED', waitMs: 2_000 }, // too_many_connections
  '57P03': { state: 'planned', code: 'CONNECTOR_UNAVAILABLE', waitMs: 2_000 }, // cannot_connect_now
  '40001': { state: 'planned', code: 'CONNECTOR_UNAVAILABLE', waitMs: 200 }, // serialization_failure: rolled back
  '40P01': { state: 'planned', code: 'CONNECTOR_UNAVAILABLE', waitMs: 200 }, // deadlock_detected: rolled back
  XX000: { state: 'planned', code: 'CONNECTOR_UNAVAILABLE', waitMs: 200 }, // "tuple concurrently updated": rolled back
};

/**
 * Login roles of a PostgreSQL server. The target's id at the issuer is the role's name.
 *
 * `NOLOGIN` stops new sessions only; open ones go on until `sessions.end` terminates them.
 */
export const postgresRole: CredentialVendor = {
  use: 'postgres-role',
  issuerSchema: {
    required: ['url', 'read'],
    properties: {
      url: {
        type: 'string',
        description: 'Reference to postgres://... of a role with CREATEROLE: env:NAME or file:PATH',
      },
      read: { type: 'string', description: 'Reference to postgres://... of a role that may read pg_roles' },
      timeoutMs: { type: 'integer', minimum: 100, maximum: 15_000 },
    },
  },
  createIssuer: (config, secrets) => {
    const timeoutMs = typeof config['timeoutMs'] === 'number' ? config['timeoutMs'] : TIMEOUT_MS;
    return new PostgresIssuer(secrets(text(config['url'])), secrets(text(config['read'])), timeoutMs);
  },
};

class PostgresIssuer implements CredentialIssuer {
  readonly revoke: Connector;
  readonly disable: Connector;
  readonly endSessions: Connector;
  readonly ownValues: readonly string[];
  readonly #act: pg.Pool;
  readonly #read: pg.Pool;

  constructor(actUrl: string, readUrl: string, timeoutMs: number) {
    this.ownValues = [actUrl, readUrl];
    this.#act = poolOf(actUrl, timeoutMs);
    this.#read = poolOf(readUrl, timeoutMs);
    const traits: ConnectorTraits = {
      name: 'postgres-role',
      effect: 'idempotent',
      checks: true,
      notifiesOwner: false,
      reversible: false,
      needsRawValue: false,
      effectDelayMaxMs: 0,
      endsSessions: false,
      longestRequestMs: timeoutMs,
    };
    const batch = { max: 1, concurrency: CONNECTIONS };
    const check = (rows: readonly DatasetRow[]): Promise<readonly Observation[]> => this.#check(rows);
    this.revoke = { ...traits, batch, check, apply: (targets) => this.#alter(targets, 'NOLOGIN PASSWORD NULL') };
    this.disable = { ...traits, reversible: true, batch, check, apply: (targets) => this.#alter(targets, 'NOLOGIN') };
    this.endSessions = {
      ...traits,
      checks: false,
      endsSessions: true,
      batch,
      apply: (targets) => this.#perRole(targets, (role) => this.#terminate(role)),
    };
  }

  /** A value that is a connection address names its role. */
  async identify(values: readonly string[]): Promise<readonly (Identified | undefined)[]> {
    const roles = values.map((value) =>
      /^postgres(ql)?:/.test(value) ? decodeURIComponent(new URL(value).username) : '',
    );
    const { rows } = await this.#read.query<{ rolname: string; rolsuper: boolean }>(
      'select rolname, rolsuper from pg_roles where rolname = any($1)',
      [roles],
    );
    const known = new Map(rows.map((row) => [row.rolname, row]));
    return roles.map((role) => {
      const found = known.get(role);
      const scopes = found?.rolsuper ? ['superuser'] : ['login'];
      return found && { issuerId: role, kind: 'service', ownerId: '', scopes, misused: false };
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#act.end(), this.#read.end()]);
  }

  async #alter(targets: readonly ApplyTarget[], change: string): Promise<readonly Outcome[]> {
    return this.#perRole(targets, async (role) => {
      await this.#act.query(`alter role ${pg.escapeIdentifier(role)} ${change}`);
      return { role: change };
    });
  }

  async #terminate(role: string): Promise<JsonObject> {
    const { rows } = await this.#act.query<{ ended: number }>(
      `select count(*) filter (where pg_terminate_backend(pid))::int as ended
         from pg_stat_activity where usename = $1 and pid <> pg_backend_pid()`,
      [role],
    );
    return { ended: rows[0]?.ended ?? 0 };
  }

  async #perRole(
    targets: readonly ApplyTarget[],
    act: (role: string) => Promise<JsonObject>,
  ): Promise<readonly Outcome[]> {
    return inParallel(targets, CONNECTIONS, async ({ row }) => {
      const { subject } = row;
      const role = issuerId(row);
      if (role === '') return { subject, state: 'failed', code: 'CONNECTOR_TARGET_UNKNOWN', receipt: {} };
      if (this.#isOwn(role)) return { subject, state: 'failed', code: 'EFFECT_OWN_CREDENTIAL', receipt: {} };
      try {
        return { subject, state: 'accepted', receipt: await act(role) };
      } catch (error) {
        return { subject, receipt: {}, ...outcomeOf(error) };
      }
    });
  }

  /** Our own roles are known by name here, which the fingerprints of the runner's guard cannot tell. */
  #isOwn(role: string): boolean {
    return this.ownValues.some((url) => decodeURIComponent(new URL(url).username) === role);
  }

  async #check(rows: readonly DatasetRow[]): Promise<readonly Observation[]> {
    const { rows: seen } = await this.#read.query<{ rolname: string; rolcanlogin: boolean }>(
      'select rolname, rolcanlogin from pg_roles where rolname = any($1)',
      [rows.map(issuerId)],
    );
    const mayLogIn = new Map(seen.map((row) => [row.rolname, row.rolcanlogin]));
    return rows.map((row) => {
      const login = mayLogIn.get(issuerId(row)) ?? false; // a role that is gone cannot log in
      return { subject: row.subject, dead: !login, receipt: { path: 'pg_roles', login } };
    });
  }
}

function poolOf(connectionString: string, timeoutMs: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: CONNECTIONS,
    connectionTimeoutMillis: 5_000,
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
  });
  pool.on('error', () => undefined); // an idle connection that breaks is replaced by the pool; a query reports its own
  return pool;
}

function outcomeOf(error: unknown): Omit<Outcome, 'subject' | 'receipt'> {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const refusal = REFUSALS[code];
  if (refusal) return refusal;
  if (['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'].includes(code)) {
    return { state: 'planned', code: 'CONNECTOR_UNREACHABLE', waitMs: 2_000 };
  }
  return { state: 'unknown', code: code === '' ? 'CONNECTOR_TIMEOUT' : 'CONNECTOR_BROKEN_OFF' };
}
