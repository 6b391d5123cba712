import assert from 'node:assert/strict';
import { attempt, testIncident } from '../../../support/page-calls.ts';
import { noticeStage, readerOf, secretOf } from '../../../support/notice-stage.ts';
import { sendNotices } from '../../../../activities/notices/send.ts';
import { takeBounce } from '../../../../activities/notices/bounces.ts';
import type { Ledger } from '../../../../ledger/ports.ts';

async function sentNotice(): Promise<{ ledger: Ledger; returnPath: string; subject: string }> {
  const stage = noticeStage();
  const { ledger } = stage.house;
  Object.assign(ledger.incidents, { list: () => Promise.resolve([stage.house.row]) });
  await sendNotices(await stage.call([readerOf('a', [secretOf('aaaa')])]), { ...stage.options, attempt: attempt() });
  const [subject = ''] = await ledger.effects.subjects(testIncident, 'notices.send', ['accepted'], 1);
  return { ledger, returnPath: stage.mailer.mails[0]!.returnPath, subject };
}

/** A report as mail servers write it (RFC 3464 appendix E). */
function reportTo(address: string, fields: readonly string[] = ['Action: failed', 'Status: 5.1.1']): string {
  return [
    'From: <MAILER-DAEMON@mx.example.org>',
    `To: <${address}>`,
    'Subject: Undelivered mail',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'Sorry.',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.org',
    '',
    'Final-Recipient: rfc822; a@example.org',
    ...fields,
    '',
    '--b--',
    '',
  ].join('\r\n');
}

describe('takeBounce', () => {
  it('marks the notice that came back', async () => {
    const { ledger, returnPath, subject } = await sentNotice();
    const bounce = await takeBounce(reportTo(returnPath), { ledger });
    assert.deepEqual(bounce, { incident: testIncident, subject, action: 'failed', status: '5.1.1' });
    const [row] = await ledger.effects.states(testIncident, 'notices.send', [subject]);
    assert.equal(row?.state, 'bounced');
  });

  it('takes the address it was delivered to where the message names another', async () => {
    const { ledger, returnPath } = await sentNotice();
    const bounce = await takeBounce(reportTo('postmaster@example.org'), { ledger, recipient: returnPath });
    assert.equal(bounce.action, 'failed');
  });

  it('leaves a notice that is only late as it is', async () => {
    const { ledger, returnPath, subject } = await sentNotice();
    await takeBounce(reportTo(returnPath, ['Action: delayed', 'Status: 4.4.1']), { ledger });
    const [row] = await ledger.effects.states(testIncident, 'notices.send', [subject]);
    assert.equal(row?.state, 'accepted');
  });

  for (const [what, raw] of [
    ['no report', 'From: a@example.org\r\nTo: b@example.org\r\n\r\nHello'],
    ['nothing', ''],
    ['a report on a notice of nobody', reportTo(`bounce+${'0'.repeat(32)}@bounces.example.org`)],
    ['a report that says it arrived', reportTo(`bounce+${'0'.repeat(32)}@bounces.example.org`, ['Action: delivered'])],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { ledger } = await sentNotice();
      await assert.rejects(takeBounce(raw, { ledger }), { code: 'NOTICE_BOUNCE_UNKNOWN' });
    });
  }
});
