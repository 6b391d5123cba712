import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAnchors, startAnchor } from '../../../worker/anchors.ts';
import type { Ledger } from '../../../ledger/ports.ts';
import { mailAnchor, type MailAnchorConfig } from '../../../worker/mail-anchor.ts';
import { readConfig } from '../../../worker/config.ts';
import { startMailSink, type MailSink } from '../../support/mail-sink.ts';
import type { IncidentId } from '../../../contracts/ids.ts';

const INCIDENT = 'INC-2026-0001' as IncidentId;
const head = (seq: number) => ({ seq, hash: 'ab'.repeat(32) });
const noSecrets = (): string => assert.fail('no secret is asked for');
const CONFIGURATION = [
  'database: {url: env:FIREBREAK_DATABASE_URL}',
  'temporal: {address: 127.0.0.1:7233}',
  `keys: {encryption: file:kek, payload: file:payload, signing: file:signing, decisions: file:decisions, decisionsPublic: [ed25519:${'A'.repeat(43)}]}`,
  'http: {port: 7380}',
  'people: people.yaml',
  'playbooks: [library]',
  'connectors: {}',
];

describe('openAnchors', function () {
  this.timeout(60_000);
  let sink: MailSink;
  let folder: string;
  const warnings: object[] = [];
  const log = { warn: (line: object) => void warnings.push(line) } as never;
  const mail = (): MailAnchorConfig => ({
    ...{ host: '127.0.0.1', port: sink.port, from: 'firebreak@staff.example.org', to: 'counsel@law.example.org' },
  });

  const configured = (anchors: string) => {
    writeFileSync(join(folder, 'firebreak.yaml'), [...CONFIGURATION, `anchors: ${anchors}`].join('\n'));
    return readConfig(join(folder, 'firebreak.yaml'));
  };

  /** Looks until something holds; the test's own time limits it. */
  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  beforeEach(async () => {
    sink = await startMailSink();
    folder = mkdtempSync(join(tmpdir(), 'firebreak-anchors-'));
    warnings.length = 0;
  });

  afterEach(async () => {
    await sink.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes a bare path, or a file and a mailbox, and refuses a mailbox that is none', async () => {
    const file = join(folder, 'heads.jsonl');
    assert.deepEqual((await configured('heads.jsonl')).anchors, { file });
    const both = await configured(`{file: heads.jsonl, mail: ${JSON.stringify(mail())}}`);
    assert.deepEqual(both.anchors, { file, mail: mail() });
    await assert.rejects(configured('{mail: {host: mx.example.org}}'), { code: 'CONFIG_INVALID' });
    await assert.rejects(configured('{}'), { code: 'CONFIG_INVALID' });
  });

  it('sends one short mail and one line each time, and both say the same', async () => {
    const file = join(folder, 'heads.jsonl');
    const anchors = openAnchors({ anchors: { file, mail: mail() } }, noSecrets, log);
    for (const anchor of anchors.all) await anchor(INCIDENT, head(7), 'decision');
    anchors.close();
    const line = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    assert.deepEqual([line['incident'], line['seq'], line['hash']], [INCIDENT, 7, head(7).hash]);
    assert.equal(sink.mails.length, 1);
    const [{ from, to, raw } = { from: '', to: [], raw: '' }] = sink.mails;
    assert.deepEqual([from, to], ['firebreak@staff.example.org', ['counsel@law.example.org']]);
    const text = raw.replaceAll('=\r\n', '').replaceAll('=3D', '=');
    assert.match(text, /Record: +7\r\n/);
    assert.match(text, /Reason: +decision\r\n/);
    const [quoted = ''] = /^\{.*\}/m.exec(text) ?? [];
    const { at, ...inMail } = JSON.parse(quoted) as Record<string, unknown>;
    assert.deepEqual(inMail, { incident: INCIDENT, ...head(7) });
    assert.ok(typeof at === 'string' && !Number.isNaN(Date.parse(at)));
  });

  it('sends a head once though its activity is repeated', async () => {
    const { anchor, close } = mailAnchor(mail(), noSecrets, log);
    await anchor(INCIDENT, head(7), 'hourly');
    await anchor(INCIDENT, head(7), 'hourly');
    await anchor(INCIDENT, head(8), 'hourly');
    close();
    assert.equal(sink.mails.length, 2);
  });

  it('never fails or waits long while the mailbox is away, and delivers when it is back', async () => {
    sink.script = { rcpt: 450 };
    const { anchor, close } = mailAnchor(mail(), noSecrets, log, { firstWaitMs: 20, waitedForMs: 100 });
    await anchor(INCIDENT, head(9), 'end');
    await until(() => warnings.length > 0);
    assert.equal(sink.mails.length, 0);
    sink.script = 'accept';
    await until(() => sink.mails.length > 0);
    assert.match(sink.mails[0]!.raw, /Journal of INC-2026-0001: record 9/);
    close();
    assert.deepEqual([sink.mails.length, warnings.length], [1, 1]);
  });

  describe('at the start of an incident', () => {
    const journal = (seq: number | undefined) =>
      ({ head: () => Promise.resolve(seq === undefined ? undefined : head(seq)) }) as unknown as Ledger['journal'];

    it('says that the head has left once every anchor has taken it', async () => {
      const file = join(folder, 'started.jsonl');
      const anchors = openAnchors({ anchors: { file, mail: mail() } }, noSecrets, log);
      assert.equal(await startAnchor({ journal: journal(2) }, anchors.all, log)(INCIDENT), true);
      anchors.close();
      const { seq, reason } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
      assert.deepEqual([seq, reason, sink.mails.length], [2, 'start', 1]);
    });

    it('leaves it to the workflow where one fails, where one takes long, and where there is no head', async () => {
      const good = (): Promise<void> => Promise.resolve();
      const bad = (): Promise<void> => Promise.reject(new Error('the disk is full'));
      const slow = (): Promise<void> => new Promise(() => undefined);
      assert.equal(await startAnchor({ journal: journal(2) }, [good, bad], log)(INCIDENT), false);
      assert.equal(warnings.length, 1);
      assert.equal(await startAnchor({ journal: journal(2) }, [good, slow], log)(INCIDENT), false);
      assert.equal(await startAnchor({ journal: journal(undefined) }, [good], log)(INCIDENT), false);
      assert.equal(await startAnchor({ journal: journal(2) }, [good], log)(INCIDENT), true);
    });
  });

  it('gives up what waits when the process ends', async () => {
    sink.script = 'drop-at-rcpt';
    const { anchor, close } = mailAnchor(mail(), noSecrets, log, { firstWaitMs: 20, waitedForMs: 50 });
    await anchor(INCIDENT, head(1), 'start');
    close();
    assert.equal(sink.mails.length, 0);
  });
});
