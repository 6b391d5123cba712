import assert from 'node:assert/strict';
import { openMailer, type Mailer } from '../../activities/notices/mailer.ts';
import { startScriptedSmtp, type ScriptedSmtp, type SmtpScript } from './smtp-script.ts';
import type { Delivery } from '../../activities/notices/delivery.ts';

const SILENCE_MS = 400; // how long the client of these tests waits for a word
const LONG_TEXT = 'A line of a notice that is long.\r\n'.repeat(20_000); // more than the kernel takes at once

describe('startScriptedSmtp', () => {
  let server: ScriptedSmtp;
  let mailer: Mailer;

  beforeEach(async () => {
    server = await startScriptedSmtp();
    mailer = openMailer({
      ...{ host: '127.0.0.1', port: server.port, secure: false },
      ...{ connections: 1, silenceMs: SILENCE_MS },
    });
  });
  afterEach(async () => {
    mailer.close();
    await server.close();
  });

  const send = (text = 'Hello.'): Promise<Delivery> =>
    mailer.send({
      from: 'security@example.org',
      returnPath: 'bounce@example.org',
      to: 'reader@example.org',
      messageId: '<one@example.org>',
      subject: 'A notice',
      text,
    });

  /** Every row of the window: what the server does, what the engine makes of it, and whether the server has the mail. */
  const rows: readonly (readonly [SmtpScript, Delivery['end'], number])[] = [
    [{ at: 'accept' }, 'accepted', 1],
    [{ at: 'rcpt', code: 450 }, 'deferred', 0],
    [{ at: 'rcpt', code: 550 }, 'refused', 0],
    [{ at: 'data', code: 451 }, 'deferred', 0],
    [{ at: 'dot', code: 451 }, 'deferred', 0],
    [{ at: 'dot', code: 421 }, 'deferred', 0],
    [{ at: 'dot', code: 554 }, 'refused', 0],
    [{ at: 'cut-at-data' }, 'deferred', 0], // not a byte of the body left, and the mailer knows,
    [{ at: 'cut-after-dot' }, 'unclear', 1],
    [{ at: 'silence-after-dot' }, 'unclear', 1],
    [{ at: 'slow-banner', ms: SILENCE_MS / 4 }, 'accepted', 1],
  ];
  for (const [script, end, taken] of rows) {
    const what = 'code' in script ? `${script.code} at ${script.at}` : script.at;
    it(`plays ${what}: the mailer says ${end}, the server took ${taken}`, async () => {
      server.play(script);
      const delivery = await send();
      assert.equal(delivery.end, end);
      assert.equal(server.taken.length, taken);
    });
  }

  it('plays cut-in-body: nothing was taken, and nobody says that it was', async () => {
    server.play({ at: 'cut-in-body' });
    const { end } = await send(LONG_TEXT);
    assert.notEqual(end, 'accepted');
    assert.equal(server.taken.length, 0);
  });

  it('plays reset-after-250: taken, and never said to be refused', async () => {
    server.play({ at: 'reset-after-250' });
    const { end } = await send();
    assert.ok(end === 'accepted' || end === 'unclear', end);
    assert.equal(server.taken.length, 1);
  });

  it('accepts again once its scripts are played', async () => {
    server.play({ at: 'rcpt', code: 450 });
    server.play({ at: 'dot', code: 554 });
    assert.deepEqual([(await send()).end, (await send()).end, (await send()).end], ['deferred', 'refused', 'accepted']);
    const [mail] = server.taken;
    assert.deepEqual([mail?.from, mail?.to], ['bounce@example.org', ['reader@example.org']]);
    assert.match(mail?.raw ?? '', /^message-id: <one@example\.org>/im);
  });
});
