import assert from 'node:assert/strict';
import { contextOf } from '../../../activities/conformance.ts';
import { freePort } from '../../support/free-port.ts';
import { openMailer, type Mailer } from '../../../activities/notices/mailer.ts';
import { smtpConnector, type Correspondence } from '../../../activities/notices/connectors/smtp.ts';
import { startMailSink, type MailSink, type SinkScript } from '../../support/mail-sink.ts';
import type { ApplyTarget } from '../../../activities/port.ts';
import type { DatasetRow } from '../../../contracts/dataset.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { Outcome } from '../../../contracts/effects.ts';

const notice = { subject: 'Security incident', text: 'Text of it.\n', html: '<p>Text of it.</p>' };
const sender = { from: 'Security <security@example.org>', bounceDomain: 'bounces.example.org', connections: 4 };

/** A page that writes the same to everyone. */
function page(written: typeof notice, receipt: JsonObject = {}): Correspondence {
  return {
    write: () => ({ notice: written, receipt }),
    returnPath: (row, generation) => `bounce+${row.subject}.${generation}@bounces.example.org`,
    putOff: (_row, _generation, { code, waitMs, receipt: said }) =>
      Promise.resolve({ state: 'planned', code, waitMs, receipt: said }),
  };
}

function target(address: string, index = 1): ApplyTarget {
  const key = String(index).padStart(32, '0');
  const row: DatasetRow = {
    position: index,
    subject: `person-${index}`,
    attributes: { locale: 'en', relation: 'owner', secrets: [] },
    sealed: { address, displayName: 'Dana' },
  };
  return { row, key, generation: 1 };
}

describe('smtpConnector', () => {
  let sink: MailSink;
  let mailer: Mailer;

  const open = (port: number, auth: { user?: string; pass?: string } = {}): Mailer =>
    openMailer({ host: '127.0.0.1', port, secure: false, connections: 4, silenceMs: 300, ...auth });
  const send = async (one: ApplyTarget, by = mailer): Promise<Outcome> => {
    const connector = smtpConnector(by, sender, page(notice, { told: {} }));
    const [outcome] = await connector.apply([one], contextOf(connector));
    return outcome!;
  };

  beforeEach(async () => {
    sink = await startMailSink();
    mailer = open(sink.port);
  });

  afterEach(async () => {
    mailer.close();
    await sink.close();
  });

  it('has one message accepted for one reader, with its own envelope sender and the key in its Message-ID', async () => {
    const outcome = await send(target('dana@example.org', 7));
    const key = '7'.padStart(32, '0');
    assert.equal(outcome.state, 'accepted');
    assert.deepEqual(outcome.receipt, { reply: 250, queued: 'sink-0001', told: {} });
    const [mail] = sink.mails;
    assert.deepEqual([mail?.from, mail?.to], ['bounce+person-7.1@bounces.example.org', ['dana@example.org']]);
    assert.match(mail?.raw ?? '', new RegExp(`^Message-ID: <${key}@bounces\\.example\\.org>\\r$`, 'm'));
    assert.match(mail?.raw ?? '', /^Auto-Submitted: auto-generated\r$/m);
  });

  // Of a 421 on a connection in use the client reports only that it closed: nothing was sent either way.
  const table: readonly (readonly [string, SinkScript, Outcome['state'], string, string?])[] = [
    ['421 at RCPT', { rcpt: 421 }, 'planned', 'CONNECTOR_UNAVAILABLE', 'CONNECTOR_UNREACHABLE'],
    ['450 at RCPT', { rcpt: 450 }, 'planned', 'NOTICE_DEFERRED'],
    ['451 after DATA', { data: 451 }, 'planned', 'NOTICE_DEFERRED'],
    ['550 at RCPT', { rcpt: 550 }, 'failed', 'NOTICE_UNREACHABLE'],
    ['551 at RCPT', { rcpt: 551 }, 'failed', 'NOTICE_UNREACHABLE'],
    ['552 at RCPT', { rcpt: 552 }, 'failed', 'NOTICE_UNREACHABLE'],
    ['553 at RCPT', { rcpt: 553 }, 'failed', 'NOTICE_UNREACHABLE'],
    ['550 5.7.1 at RCPT', { rcpt: 550, text: '5.7.1 policy' }, 'failed', 'NOTICE_REFUSED'],
    ['554 at RCPT', { rcpt: 554 }, 'failed', 'NOTICE_REFUSED'],
    ['550 after DATA', { data: 550 }, 'failed', 'NOTICE_REFUSED'],
    ['554 after DATA', { data: 554 }, 'failed', 'NOTICE_REFUSED'],
    ['a connection lost before DATA', 'drop-at-rcpt', 'planned', 'CONNECTOR_UNREACHABLE'],
    ['a connection lost after DATA', 'drop-after-data', 'unknown', 'CONNECTOR_BROKEN_OFF'],
    ['silence after DATA', 'silent-after-data', 'unknown', 'CONNECTOR_TIMEOUT'],
  ];
  for (const [what, script, state, code, codeInUse = code] of table) {
    it(`answers ${what} with ${state}, ${code}`, async () => {
      sink.script = script;
      const outcome = await send(target('dana@example.org'));
      assert.deepEqual([outcome.state, outcome.code], [state, code]);
      assert.equal(state === 'planned' && !(outcome.waitMs! > 0), false, 'what is planned says when');
      assert.deepEqual(sink.mails, []);
    });

    it(`tells ${what} apart on a connection that was used before`, async () => {
      await send(target('first@example.org', 1));
      sink.script = script;
      const outcome = await send(target('dana@example.org', 2));
      assert.deepEqual([outcome.state, outcome.code], [state, codeInUse]);
      assert.equal(sink.mails.length, 1);
    });
  }

  it('goes on after each of these with the next reader', async () => {
    for (const [index, [, script]] of table.entries()) {
      sink.script = script;
      await send(target('dana@example.org', 100 + index));
      sink.script = 'accept';
      assert.equal((await send(target('next@example.org', 200 + index))).state, 'accepted');
    }
    assert.equal(sink.mails.length, table.length);
  });

  it('is planned where nobody listens', async () => {
    const nowhere = open(await freePort());
    const outcome = await send(target('dana@example.org'), nowhere);
    nowhere.close();
    assert.deepEqual([outcome.state, outcome.code], ['planned', 'CONNECTOR_UNREACHABLE']);
  });

  it('is planned where the server does not know us', async () => {
    const strict = await startMailSink({ user: 'firebreak', pass: 'right' });
    const wrong = open(strict.port, { user: 'firebreak', pass: 'wrong' });
    const right = open(strict.port, { user: 'firebreak', pass: 'right' });
    const outcome = await send(target('dana@example.org'), wrong);
    assert.deepEqual([outcome.state, outcome.code], ['planned', 'CONNECTOR_UNAUTHORIZED']);
    assert.equal((await send(target('dana@example.org'), right)).state, 'accepted');
    wrong.close();
    right.close();
    await strict.close();
  });

  for (const address of [
    'dana@example.org\r\nRCPT TO:<other@example.org>',
    'dana@example.org\nBcc: other@example.org',
    'dana@example.org> SIZE=1',
    '<dana@example.org>',
    'Dana <dana@example.org>',
    'dana@example.org,other@example.org',
    'dana@example.org;other@example.org',
    '"dana\r\n"@example.org',
    '"a b"@example.org',
    'dana@example.org (comment)',
    'dana@[127.0.0.1]',
    'dana@',
    '@example.org',
    'dana@@example.org',
    'dana@exa\u0000mple.org',
    'dan\u00e4@example.org',
    `${'a'.repeat(65)}@example.org`,
    '',
  ]) {
    it(`does not put ${JSON.stringify(address.slice(0, 40))} on the wire`, async () => {
      const outcome = await send(target(address));
      assert.deepEqual([outcome.state, outcome.code], ['failed', 'NOTICE_ADDRESS_INVALID']);
      assert.equal(sink.connections, 0);
    });
  }

  it('sends nothing to a reader whose address is sealed', async () => {
    const { row, ...rest } = target('dana@example.org');
    const outcome = await send({ ...rest, row: { ...row, sealed: undefined } });
    assert.deepEqual([outcome.state, outcome.code], ['failed', 'NOTICE_PERSON_SEALED']);
  });

  it('keeps what is sent at a time within its connections', async () => {
    const connector = smtpConnector(mailer, sender, page(notice));
    const targets = Array.from({ length: 40 }, (_, index) => target(`reader${index}@example.org`, index));
    const outcomes = await connector.apply(targets, contextOf(connector));
    assert.equal(outcomes.filter(({ state }) => state === 'accepted').length, 40);
    assert.ok(sink.connections <= 4, `${sink.connections} connections`);
    assert.deepEqual(new Set(sink.mails.map(({ to }) => to.length)), new Set([1]));
  });

  it('folds a subject that holds a line break', async () => {
    const spoiled = { ...notice, subject: 'Security\r\nBcc: other@example.org' };
    const connector = smtpConnector(mailer, sender, page(spoiled));
    await connector.apply([target('dana@example.org')], contextOf(connector));
    assert.doesNotMatch(sink.mails[0]?.raw ?? '', /^Bcc:/m);
  });
});
