import assert from 'node:assert/strict';
import pg from 'pg';
import { applyChecked } from '../../../activities/conformance.ts';
import { credentialRow } from '../../support/credential-row.ts';
import { issuerId } from '../../../activities/credentials/connectors/answers.ts';
import { joinCases } from './join-cases.ts';
import { postgresRole } from '../../../activities/credentials/connectors/postgres-role.ts';
import { startCutTcp } from '../../support/cut-tcp.ts';
import { startTestPostgres } from '../../support/postgres.ts';
import type { CredentialBench } from '../../../activities/credentials/connectors/cases.ts';
import type { CredentialIssuer } from '../../../activities/credentials/port.ts';
import type { CutTcp } from '../../support/cut-tcp.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';

const PASSWORD = 'password-of-the-test';

describe('postgres-role', function () {
  this.timeout(60_000);
  let admin: pg.Pool;
  let url: URL;
  let relay: CutTcp;
  let issuer: CredentialIssuer;
  let bench: CredentialBench;
  let made = 0;

  const roleOf = (row: DatasetRow): string => issuerId(row);
  const urlOf = (role: string): string => Object.assign(new URL(url), { username: role, password: PASSWORD }).href;
  /** Tries what an attacker would: to log in. */
  const logIn = async (role: string): Promise<pg.Client | undefined> => {
    const client = new pg.Client({ connectionString: urlOf(role) });
    client.on('error', () => undefined);
    return client.connect().then(
      () => client,
      () => undefined,
    );
  };

  before(async () => {
    const postgres = await startTestPostgres();
    url = new URL(await postgres.freshDatabase());
    admin = new pg.Pool({ connectionString: url.href });
    await admin.query(`create role "the engine" login createrole superuser password '${PASSWORD}'`);
    relay = await startCutTcp(Number(url.port));
    const acting = Object.assign(new URL(urlOf('the engine')), { port: String(relay.port) }).href;
    const config = { use: 'postgres-role', url: 'env:ACT', read: 'env:READ', timeoutMs: 1_000 };
    issuer = postgresRole.createIssuer!(config, (name) => (name === 'env:ACT' ? acting : url.href));
    bench = {
      issuer,
      make: async (count) => {
        const roles = Array.from({ length: count }, () => `App "role" ${(made += 1)}; --`);
        for (const role of roles) {
          await admin.query(`create role ${pg.escapeIdentifier(role)} login password '${PASSWORD}'`);
        }
        return roles.map((role) => credentialRow(`subject of ${role}`, role));
      },
      makeUnknown: () => Promise.resolve(credentialRow('subject of nobody', 'nobody of that name')),
      isAlive: async (row) => {
        const { rows } = await admin.query<{ rolcanlogin: boolean }>(
          'select rolcanlogin from pg_roles where rolname = $1',
          [roleOf(row)],
        );
        return rows[0]?.rolcanlogin === true;
      },
      faults: ['cut'],
      spoilNext: async () => {
        await issuer.revoke.apply([], {} as never); // nothing is asked; the next answer is that of the case
        relay.cutNextAnswer();
      },
      repair: () => Promise.resolve(),
    };
  });

  after(async () => {
    await issuer.close();
    await relay.close();
    await admin.end();
  });

  joinCases(() => bench, ['cut']);

  it('stops new sessions by revoking, and open ones only by ending sessions', async () => {
    const [row] = await bench.make(1);
    const session = await logIn(roleOf(row!));
    await applyChecked(issuer.revoke, [row!]);
    assert.equal(await logIn(roleOf(row!)), undefined);
    assert.equal((await session!.query('select 1 as one')).rows.length, 1);
    const [ended] = await applyChecked(issuer.endSessions!, [row!]);
    assert.equal(ended?.receipt['ended'], 1);
    await assert.rejects(session!.query('select 1'));
  });

  it('disables in a way that can be taken back', async () => {
    const [row] = await bench.make(1);
    await applyChecked(issuer.disable!, [row!]);
    assert.equal(await logIn(roleOf(row!)), undefined);
    await admin.query(`alter role ${pg.escapeIdentifier(roleOf(row!))} login`);
    const session = await logIn(roleOf(row!));
    assert.ok(session);
    await session.end();
  });

  it('refuses the role it works with itself', async () => {
    const [outcome] = await applyChecked(issuer.revoke, [credentialRow('own', 'the engine')]);
    assert.equal(outcome?.code, 'EFFECT_OWN_CREDENTIAL');
  });

  it('knows the role that a connection address names', async () => {
    const [row] = await bench.make(1);
    const [known, unknown] = await issuer.identify!([urlOf(roleOf(row!)), 'not an address']);
    assert.equal(known?.issuerId, roleOf(row!));
    assert.equal(unknown, undefined);
  });

  it('asks again when a lock keeps it waiting for too long', async () => {
    const [row] = await bench.make(1);
    const other = await admin.connect();
    await other.query(`begin; alter role ${pg.escapeIdentifier(roleOf(row!))} connection limit 5`);
    const [outcome] = await applyChecked(issuer.revoke, [row!]);
    await other.query('rollback');
    other.release();
    assert.notEqual(outcome?.state, 'accepted');
    assert.equal((await applyChecked(issuer.revoke, [row!]))[0]?.state, 'accepted');
  });
});
