import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { errorEntry, isCodedError } from '../../../contracts/errors.ts';
import type { IncidentId } from '../../../contracts/ids.ts';
import { migrate } from '../../../ledger/migrate.ts';
import { openLedger } from '../../../ledger/open.ts';
import type { Lease, Ledger } from '../../../ledger/ports.ts';
import { initCluster, startPostgres, type RunningPostgres } from '../../../worker/dev-stack/postgres.ts';
import { freePort } from '../../support/free-port.ts';
import { openRequest, settled, subjectsOf, targetsOf, TEST_KEY } from './open-test-ledger.ts';

const LEASE: Lease = { id: 'lease', epoch: 1, permit: 'permit' };
const RECOVER_WITHIN_MS = 10_000;

/** A server of its own, since these tests end it. */
describe('Ledger', () => {
  let root: string;
  let port: number;
  let server: RunningPostgres;
  let ledger: Ledger;
  let incident: IncidentId;

  const start = (): Promise<RunningPostgres> => startPostgres({ dataDir: join(root, 'data'), port });
  const effect = () => ({ incident, action: 'a', class: 'idempotent', longestRequestMs: 0 }) as const;

  /** Acts on one target after the other until told to stop; a step that finds the database away is tried again. */
  async function work(subjects: readonly string[], seen: Set<string>, until: () => boolean): Promise<void> {
    const deadline = Date.now() + RECOVER_WITHIN_MS;
    const patiently = async <Result>(step: () => Promise<Result>): Promise<Result> => {
      for (;;) {
        try {
          return await step();
        } catch (error) {
          if (!isCodedError(error) || Date.now() > deadline) throw error;
          seen.add(error.code);
          await pause(20);
        }
      }
    };
    for (const subject of subjects) {
      await patiently(() => ledger.effects.claim(LEASE, effect(), targetsOf([subject])));
      const mine = [{ subject, generation: 1, attempt: 1 }];
      await patiently(() => ledger.effects.settle(LEASE, effect(), settled(mine)));
      await patiently(() =>
        ledger.journal.append(incident, [{ key: subject, kind: 'effect', actor: 'engine', body: {} }]),
      );
      if (until()) return;
    }
  }

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'firebreak-outage-'));
    port = await freePort();
    await initCluster(join(root, 'data'));
    server = await start();
    await migrate(server.url);
    ledger = await openLedger({ url: server.url, keyEncryptionKey: TEST_KEY, opens: [] });
    ({ incident } = await ledger.incidents.open(openRequest()));
    await ledger.effects.setPermit(LEASE.permit, incident, 'open');
    await ledger.effects.takeLease(LEASE, incident);
  });

  after(async () => {
    await ledger.close();
    await server.stop();
    rmSync(root, { recursive: true, force: true });
  });

  it('loses nothing and goes on by itself when the server restarts under it', async () => {
    const seen = new Set<string>();
    let restarted = false;
    const acting = Promise.all(
      [0, 1, 2, 3].map((worker) => work(subjectsOf(100_000, worker * 100_000), seen, () => restarted)),
    );
    await server.stop();
    await assert.rejects(ledger.ping(), (error) => isCodedError(error, 'LEDGER_UNREACHABLE'));
    server = await start();
    await ledger.ping();
    restarted = true;
    await acting;
    assert.deepEqual([...seen], ['LEDGER_UNREACHABLE']);
    assert.equal(errorEntry('LEDGER_UNREACHABLE').kind, 'retryable');
    const { accepted = 0, ...other } = await ledger.effects.counts(incident, 'a');
    assert.deepEqual(other, {});
    assert.ok(accepted >= 4);
    assert.equal((await ledger.journal.verify(incident))?.seq, accepted + 1);
  });

  it('says so, and goes on, when its connections are cut', async () => {
    const other = await openLedger({ url: server.url, keyEncryptionKey: TEST_KEY, opens: [], poolSize: 1 });
    const pending = Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        other.journal
          .append(incident, [{ key: `cut:${index}`, kind: 'effect', actor: 'engine', body: {} }])
          .catch((error: unknown) => {
            assert.ok(isCodedError(error, 'LEDGER_UNREACHABLE'), String(error));
            return undefined;
          }),
      ),
    );
    process.kill(server.pid, 'SIGQUIT'); // immediate shutdown: every backend ends at once
    await server.ended;
    server = await start();
    const answers = await pending;
    assert.ok(answers.includes(undefined), 'some appends met the outage');
    const head = await other.journal.append(incident, [{ key: 'after', kind: 'effect', actor: 'engine', body: {} }]);
    assert.deepEqual(await other.journal.verify(incident), head);
    await other.close();
  });

  it('says so of a database that is not there yet, and opens it once it is', async () => {
    const url = server.urlOf('later');
    const open = (): Promise<Ledger> => openLedger({ url, keyEncryptionKey: TEST_KEY, opens: [] });
    await assert.rejects(open(), (error) => isCodedError(error, 'LEDGER_UNREACHABLE'));
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query('create database later').finally(() => client.end());
    await migrate(url);
    const later = await open();
    await later.ping();
    await later.close();
  });
});
