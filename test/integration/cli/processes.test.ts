import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import type { Started } from '../../../contracts/api.ts';
import { createServer } from '../../../gateway/http/server.ts';
import { incidentOf } from '../../../gateway/incident-view.ts';
import type { GatewayDeps } from '../../../gateway/deps.ts';
import { exportBundle } from '../../../ledger/bundle/export-bundle.ts';
import { freePort } from '../../support/free-port.ts';
import { apiKey } from '../../unit/gateway/stand.ts';
import { outsides } from '../engine/outside.ts';
import { DoorStand, freshSecret, until } from '../gateway/door-stand.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const PATIENCE_MS = 120_000; // each command is a process, beside other tests

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command line as a process of its own. */
class Cli {
  readonly child: ChildProcess;
  out = '';
  err = '';
  readonly ended: Promise<Ended>;

  constructor(args: readonly string[], environment: Readonly<Record<string, string>>, folder: string, input = '') {
    const node = ['--import', join(CHECKOUT, 'node_modules/tsx/dist/loader.mjs'), join(CHECKOUT, 'cli/main.ts')];
    const { PATH = '' } = process.env;
    const env = { PATH, HOME: folder, ...environment };
    this.child = spawn(process.execPath, [...node, ...args], { cwd: folder, env });
    this.child.stdout!.on('data', (chunk: Buffer) => (this.out += chunk.toString('utf8')));
    this.child.stderr!.on('data', (chunk: Buffer) => (this.err += chunk.toString('utf8')));
    this.child.stdin!.end(input);
    this.ended = new Promise((told) =>
      this.child.once('close', (code) => told({ code, out: this.out, err: this.err })),
    );
  }
}

describe('the command line as a process', function () {
  this.timeout(PATIENCE_MS);
  let door: DoorStand;
  let port: number;
  let app: FastifyInstance | undefined;
  let folder: string;

  before(async () => {
    door = await DoorStand.open();
    port = await freePort();
    folder = mkdtempSync(join(tmpdir(), 'firebreak-cli-'));
  });

  after(async () => {
    await closeGateway();
    await door.close();
    rmSync(folder, { recursive: true });
  });

  async function openGateway(more: Partial<GatewayDeps> = {}): Promise<void> {
    app = createServer({ ...door.deps, exportBundle: exported, ...more });
    await app.listen({ host: '127.0.0.1', port });
  }

  async function closeGateway(): Promise<void> {
    await app?.close();
    app = undefined;
  }

  const signingKeyPem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const exported: GatewayDeps['exportBundle'] = async (id) => {
    const out = join(folder, `${id}.fbb`);
    const options = { signingKeyPem, audience: 'auditor' as const, out };
    const { path, records, head } = await exportBundle(door.deps.ledger, incidentOf(id), options);
    return { path, records, head: head.hash };
  };

  function cli(person: string, args: readonly string[], input = ''): Cli {
    const environment = { FIREBREAK_URL: `http://127.0.0.1:${port}`, FIREBREAK_KEY: apiKey(person) };
    return new Cli(args, environment, folder, input);
  }

  const as = (person: string, args: readonly string[], input?: string): Promise<Ended> =>
    cli(person, args, input).ended;

  async function started(): Promise<string> {
    const { out, err } = await as(
      'dana',
      ['start', 'leaked-token', '--credentials', '-', '--json'],
      `${freshSecret()}\n`,
    );
    assert.notEqual(out, '', err);
    return (JSON.parse(out) as Started).incident;
  }

  /** Brings what the engine recorded into the ledger: the stand keeps it in memory, where a worker would append it. */
  async function flush(incident: string): Promise<void> {
    const { journal } = outsides.get(incidentOf(incident))!;
    await door.deps.ledger.journal.append(incidentOf(incident), journal);
  }

  it('starts, watches through a restart of the gateway, approves, records and stops', async () => {
    await openGateway();
    const incident = await started();
    const watching = cli('olive', ['watch', incident, '--json', '--after', '0']);
    const seen = (): readonly { readonly seq: number; readonly kind: string }[] =>
      watching.out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { seq: number; kind: string });
    const sees = (kind: string): Promise<true> =>
      until(`${kind} in the watch: ${watching.err}`, async () => {
        await flush(incident);
        return seen().some((record) => record.kind === kind) || undefined;
      });
    await sees('incident.opened');

    const waited = await as('casey', ['watch', incident, '--until', 'gate']);
    assert.equal(waited.code, 0, waited.err);
    const gateId = /^(\S+) waits: firebreak approve \S+ --gate \S+$/m.exec(waited.out)?.[1];
    assert.ok(gateId, waited.out);

    await closeGateway();
    const away = await as('casey', ['status', incident]);
    assert.deepEqual([away.code, away.out], [69, '']);
    await until('word that the gateway is away', () =>
      Promise.resolve(watching.err.includes('asking again') || undefined),
    );
    await openGateway();

    const { digest } = JSON.parse((await as('casey', ['gate', incident, gateId, '--json'])).out) as { digest: string };
    const approve = ['approve', incident, '--gate', gateId, '--yes', '--digest', digest];
    const approved = await as('casey', approve);
    assert.equal(approved.code, 0, approved.err);
    await sees('decision');

    writeFileSync(join(folder, 'export.csv'), 'a,b\n');
    const words = 'revoked in the console of the issuer';
    const done = ['record', incident, words, '--step', 'contain', '--count', '1', '--evidence', 'export.csv'];
    const recorded = await as('casey', [...done, '--at', '2026-05-04T10:00:00Z', '--repeat', 'hand-1']);
    assert.deepEqual([recorded.code, recorded.out.split('\n')[0]], [0, 'on record'], recorded.err);
    const repeated = await as('casey', [...done, '--at', '2026-05-04T10:00:00Z', '--repeat', 'hand-1']);
    assert.equal(repeated.out.split('\n')[0], 'it was on record already', repeated.err);
    const other = await as('casey', [...done, '--at', '2026-05-04T10:00:01Z', '--repeat', 'hand-1']);
    assert.match(other.err, /^\[INCIDENT_KEY_REUSED\]/);
    const strange = await as('casey', ['record', incident, words, '--step', 'nowhere']);
    assert.match(strange.err, /^\[STEP_UNKNOWN\]/);
    const forbidden = await as('olive', ['record', incident, words]);
    assert.match(forbidden.err, /^\[GATEWAY_FORBIDDEN\]/);

    const stopped = await as('casey', ['stop', incident, '--reason', 'that is enough']);
    assert.equal(stopped.code, 0, stopped.err);
    await sees('stop');
    watching.child.kill('SIGTERM');
    await watching.ended;
    const seqs = seen().map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      seqs.map((_, index) => index + 1),
    );

    const journal = await door.deps.ledger.journal.read(incidentOf(incident), { limit: 1_000 });
    const [byHand, ...more] = journal.filter(({ kind, body }) => kind === 'evidence' && body['from'] === 'hand');
    assert.deepEqual(more, []);
    const { by, step, count, doneAt, evidence, document } = byHand!.body;
    assert.deepEqual([by, step, count, doneAt], ['casey', 'contain', 1, '2026-05-04T10:00:00Z']);
    assert.deepEqual(evidence, { bytes: 4, sha256: createHash('sha256').update('a,b\n').digest('hex') });
    assert.ok(!JSON.stringify(journal).includes(words), 'the words are sealed, not in the journal');
    const opened = await as('casey', ['documents', incident, document as string]);
    assert.equal((JSON.parse(opened.out) as { text: string }).text, words);
  });

  it('prints the runbook whatever is dead', async () => {
    await closeGateway();
    await openGateway();
    const incident = await started();
    await as('casey', ['watch', incident, '--until', 'gate']);
    await flush(incident);
    const exportedTo = await as('casey', ['bundle', 'export', incident, '--out', 'saved.fbb']);
    assert.equal(exportedTo.code, 0, exportedTo.err);
    const isChecklist = ({ code, out, err }: Ended, from: RegExp, hasStates: boolean): void => {
      assert.equal(code, 0, err);
      assert.match(out, hasStates ? /^- \[x\] \*\*token\*\* /m : /^- \[ \] \*\*token\*\* /m);
      assert.match(out, /^- \[ \] \*\*contain\*\* Revoke the token$/m);
      assert.match(out, from);
    };

    await closeGateway();
    const connection = Connection.lazy({ address: `127.0.0.1:${await freePort()}`, connectTimeout: '1s' });
    await openGateway({ client: new Client({ connection }) });
    isChecklist(await as('olive', ['runbook', incident]), /Read from the ledger, by the gateway; the engine/, true);

    await closeGateway();
    const dead = await as('olive', ['runbook', incident]);
    assert.deepEqual([dead.code, dead.out], [69, '']);
    writeFileSync(join(folder, 'database.url'), door.test.url);
    const fromLedger = await as('olive', ['runbook', incident, '--database', 'file:database.url']);
    isChecklist(fromLedger, /Read from the ledger.s database/, true);
    const strange = await as('olive', ['runbook', 'INC-2026-999999', '--database', 'file:database.url']);
    assert.match(strange.err, /^\[INCIDENT_UNKNOWN\]/);

    const nobody = `postgres://firebreak@127.0.0.1:${await freePort()}/firebreak`;
    const gone = await as('olive', ['runbook', incident, '--database', nobody]);
    assert.deepEqual([gone.code, gone.out], [69, '']);
    assert.match(gone.err, /^\[LEDGER_UNREACHABLE\]/);
    isChecklist(await as('olive', ['runbook', 'saved.fbb']), /Read from saved\.fbb/, true);
    isChecklist(await as('olive', ['runbook', 'leaked-token']), /Read from playbook leaked-token/, false);

    const plan = readFileSync(join(folder, 'saved.fbb'), 'utf8').replace('Revoke the token', 'Revoke the tokem');
    writeFileSync(join(folder, 'changed.fbb'), plan);
    assert.match((await as('olive', ['runbook', 'changed.fbb'])).err, /^\[CLI_PLAN_CHANGED\]/);
  });

  it('brings in what was written down while nothing answered, once', async () => {
    await closeGateway();
    await openGateway();
    const incident = await started();
    await closeGateway();
    const write = (words: string): Promise<Ended> =>
      as('casey', [...['record', incident, words, '--step', 'contain', '--by', 'priya'], '--offline', 'hand.jsonl']);
    assert.equal((await write('called the duty desk')).code, 0);
    assert.equal((await write('shut the door')).code, 0);
    assert.equal((await as('casey', ['record', '--import', 'hand.jsonl'])).code, 69);

    await openGateway();
    const first = await as('casey', ['record', '--import', 'hand.jsonl']);
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, /2 lines, 2 new\n$/);
    const second = await as('priya', ['record', '--import', 'hand.jsonl']);
    assert.match(second.out, /2 lines, 0 new\n$/, second.err);
    const journal = await door.deps.ledger.journal.read(incidentOf(incident), { limit: 1_000 });
    const byHand = journal.filter(({ kind, body }) => kind === 'evidence' && body['from'] === 'hand');
    const lines = readFileSync(join(folder, 'hand.jsonl'), 'utf8').trim().split('\n');
    assert.deepEqual(
      byHand.map(({ body }) => body['entry']),
      lines.map((line) => (JSON.parse(line) as { hash: string }).hash),
    );
    const { out } = await as('olive', ['runbook', incident]);
    assert.equal(out.match(/done by hand: \S+ by priya \(record \d+/g)?.length, 2);
  });
});
