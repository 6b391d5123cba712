import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { findTemporal } from '../../../worker/dev-stack/find-temporal.ts';
import { startTemporal, type RunningTemporal } from '../../../worker/dev-stack/temporal.ts';
import { RUNS_TYPESCRIPT } from '../../../worker/typescript-runner.ts';
import { reportToWatchdog } from '../../../worker/watchdog/reporter.ts';
import { openTestLedger, type TestLedger } from '../ledger/open-test-ledger.ts';
import { freePort } from '../../support/free-port.ts';
import { startMailSink, type MailSink } from '../../support/mail-sink.ts';
import type { ObligationStatus } from '../../../contracts/messages.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const PATIENCE_MS = 60_000;
const ALARM_WITHIN_MS = 60_000; // what the watchdog promises
const DUE_IN_MS = 6_000;

async function until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = PATIENCE_MS): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) assert.fail(`${what} did not come`);
    await new Promise((soon) => setTimeout(soon, 100));
  }
}

describe('firebreak watchdog', function () {
  this.timeout(4 * PATIENCE_MS);

  const token = randomBytes(24).toString('hex');
  let folder: string;
  let sink: MailSink;
  let ledger: TestLedger;
  let temporal: RunningTemporal;
  let connection: NativeConnection;
  let port: number;
  let config: string;
  let child: ChildProcess | undefined;

  const runs = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [...RUNS_TYPESCRIPT, join(ROOT, 'worker/main.ts'), 'watchdog', ...args], {
      env: { ...process.env, FIREBREAK_CONFIG: config, WATCHDOG_TOKEN: token },
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  const watch = async (): Promise<void> => {
    child = runs();
    await until('the watchdog', () =>
      fetch(`http://127.0.0.1:${port}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  };

  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((gone) => child!.once('close', gone));
    child.kill('SIGKILL');
    await ended;
  };

  const duty = (dueAt: string, state: ObligationStatus['state'] = 'running'): ObligationStatus => ({
    id: 'gdpr-33',
    title: 'Notice to the supervisory authority',
    source: 'GDPR Art. 33(1)',
    state,
    dueAt,
    of: 'privacy',
  });

  const subjects = (): readonly string[] =>
    sink.mails.map(({ raw }) => /^Subject: ((?:.|\r\n )*)\r\n/m.exec(raw)?.[1]?.replaceAll('\r\n ', ' ') ?? '');

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firebreak-watchdog-'));
    [sink, ledger, port] = await Promise.all([startMailSink(), openTestLedger(), freePort()]);
    const { path: binary } = await findTemporal({
      folder: join(ROOT, '.firebreak/temporal'),
      environment: process.env,
      say: () => undefined,
    });
    temporal = await startTemporal({ binary, port: await freePort() });
    connection = await NativeConnection.connect({ address: temporal.address });
    config = join(folder, 'firebreak.yaml');
    // The watchdog reads none of the secrets that are not its own: the others are not even set here.
    const file = {
      database: { url: 'env:NOT_SET' },
      temporal: { address: temporal.address },
      keys: {
        encryption: 'file:none',
        payload: 'file:none',
        signing: 'file:none',
        decisions: 'file:none',
        decisionsPublic: [`ed25519:${'A'.repeat(43)}`],
      },
      http: { port: 1 },
      people: 'people.yaml',
      playbooks: ['playbooks'],
      connectors: {},
      watchdog: {
        ...{ port, token: 'env:WATCHDOG_TOKEN', file: join(folder, 'due.json'), silenceAfter: 'PT2S' },
        mail: { host: '127.0.0.1', port: sink.port, from: 'watchdog@example.org', to: ['oncall@example.org'] },
      },
    };
    await writeFile(config, stringify(file));
    await watch();
  });

  after(async () => {
    await kill();
    await connection.close();
    await Promise.allSettled([temporal.stop(), ledger.close(), sink.close()]);
    await rm(folder, { recursive: true });
  });

  it('alarms a time that passes while the Temporal server is down, though it was killed itself in between', async () => {
    const dueAt = new Date(Date.now() + DUE_IN_MS).toISOString();
    await ledger.ledger.duties.putObligations(ledger.incident, [duty(dueAt)]);
    const reporter = reportToWatchdog({
      ...{ url: `http://127.0.0.1:${port}`, token, ledger: ledger.ledger, everyMs: 500 },
      askEngine: () => connection.workflowService.describeNamespace({ namespace: 'default' }),
      log: pino({ level: 'silent' }),
    });
    await new Promise((soon) => setTimeout(soon, 1_500));
    await temporal.stop();
    await kill();
    await reporter.stop(); // the machine of the worker is gone too: the watchdog has only its own file
    await watch();
    await until(
      'the alarm',
      () => subjects().some((subject) => subject.includes('OVERDUE')),
      DUE_IN_MS + ALARM_WITHIN_MS,
    );
    assert.ok(Date.now() >= Date.parse(dueAt), 'no alarm before the time');
    const [late] = subjects().filter((subject) => subject.includes('OVERDUE'));
    assert.ok(late?.includes(`[${ledger.incident}] OVERDUE since ${dueAt}`), late);
  });

  it('alarms the silence of the engine by the same path', async () => {
    await until('the alarm', () => subjects().some((subject) => subject.includes('silent since')), ALARM_WITHIN_MS);
  });

  it('takes reports of those who know the key only, and refuses what is none', async () => {
    const post = async (body: string, key = token): Promise<number> => {
      const headers = { authorization: `Bearer ${key}` };
      const answer = await fetch(`http://127.0.0.1:${port}/v1/reports`, { method: 'POST', headers, body });
      return answer.status;
    };
    const good = { at: '2026-01-01T00:00:00.000Z', isEngineUp: true, duties: [] };
    assert.equal(await post(JSON.stringify(good)), 204);
    assert.equal(await post(JSON.stringify(good), 'somebody'), 401);
    assert.equal(await post('{"at":'), 400);
    assert.equal(await post(JSON.stringify({ ...good, duties: [{}] })), 400);
    assert.equal(await post(' '.repeat(4_100_000)), 413);
  });

  it('sends a trial alarm and ends, and says which path did not take it', async () => {
    const end = (process_: ChildProcess): Promise<number | null> =>
      new Promise((ended) => process_.once('close', (code) => ended(code)));
    assert.equal(await end(runs('--try')), 0);
    assert.ok(subjects().some((subject) => subject.includes('a trial alarm')));
    sink.script = { rcpt: 550 };
    assert.equal(await end(runs('--try')), 1);
    sink.script = 'accept';
  });
});

describe('the duties that a watchdog is told', () => {
  it('are those of open live incidents whose time runs', async () => {
    const opened = await openTestLedger();
    const { ledger, incident } = opened;
    const base = { title: 'A duty', source: 'law', of: 'privacy' };
    await ledger.duties.putObligations(incident, [
      { ...base, id: 'runs', state: 'running', dueAt: '2026-03-02T03:00:00.000Z' },
      { ...base, id: 'late', state: 'overdue', dueAt: '2026-03-01T03:00:00.000Z' },
      { ...base, id: 'filed', state: 'filed', dueAt: '2026-03-02T03:00:00.000Z' },
      { ...base, id: 'no-clock', state: 'provisional' },
    ]);
    assert.deepEqual(
      (await ledger.duties.open()).map(({ obligation }) => obligation),
      ['runs', 'late'],
    );
    await ledger.incidents.setState(incident, 'closed');
    assert.deepEqual(await ledger.duties.open(), []);
    await opened.close();
  });
});
