import assert from 'node:assert/strict';
import { attempt, testIncident } from '../../../support/page-calls.ts';
import { bounceReport, complaintReport } from '../../../support/delivery-reports.ts';
import { noticeStage, readerOf, secretOf } from '../../../support/notice-stage.ts';
import { sendNotices } from '../../../../activities/notices/send.ts';
import { takeBounce } from '../../../../activities/notices/bounces.ts';
import type { EffectState } from '../../../../contracts/effects.ts';
import type { MemoryLedger } from '../../../support/memory-ledger.ts';

interface Sent {
  readonly ledger: MemoryLedger;
  readonly returnPath: string;
  readonly subject: string;
  readonly stateNow: () => Promise<EffectState | undefined>;
  readonly receipts: () => Promise<readonly string[]>;
}

async function sentNotice(): Promise<Sent> {
  const stage = noticeStage();
  const { ledger } = stage.house;
  await sendNotices(await stage.call([readerOf('a', [secretOf('aaaa')])]), { ...stage.options, attempt: attempt() });
  const [subject = ''] = await ledger.effects.subjects(testIncident, 'notices.send', ['accepted'], 1);
  return {
    ledger,
    returnPath: stage.mailer.mails[0]!.returnPath,
    subject,
    stateNow: async () => (await ledger.effects.states(testIncident, 'notices.send', [subject]))[0]?.state,
    receipts: async () =>
      (await ledger.effects.receipts(testIncident, 'notices.send', subject)).map(
        ({ kind, state }) => `${kind} ${state}`,
      ),
  };
}

describe('takeBounce', () => {
  it('marks the notice that came back, with a receipt', async () => {
    const { ledger, returnPath, subject, stateNow, receipts } = await sentNotice();
    const bounce = await takeBounce(bounceReport(returnPath), { ledger });
    assert.deepEqual(bounce, { incident: testIncident, subject, action: 'failed', status: '5.1.1' });
    assert.equal(await stateNow(), 'bounced');
    assert.deepEqual((await receipts()).slice(-1), ['observation bounced']);
  });

  it('takes the address it was delivered to where the message names another', async () => {
    const { ledger, returnPath, stateNow } = await sentNotice();
    await takeBounce(bounceReport('postmaster@example.org'), { ledger, recipient: returnPath });
    assert.equal(await stateNow(), 'bounced');
  });

  it('marks a notice that its reader complained of, by the sender that the report repeats', async () => {
    const { ledger, returnPath, stateNow } = await sentNotice();
    const bounce = await takeBounce(complaintReport(returnPath), { ledger, recipient: 'abuse@example.org' });
    assert.equal(bounce.action, 'complained');
    assert.equal(await stateNow(), 'complained');
  });

  it('finds the notice by the mail that a report encloses', async () => {
    const { ledger, returnPath, stateNow } = await sentNotice();
    await takeBounce(complaintReport(returnPath, { names: 'original' }), { ledger });
    assert.equal(await stateNow(), 'complained');
  });

  it('leaves a notice that is only late as it is', async () => {
    const { ledger, returnPath, stateNow } = await sentNotice();
    await takeBounce(bounceReport(returnPath, ['Action: delayed', 'Status: 4.4.1']), { ledger });
    assert.equal(await stateNow(), 'accepted');
  });

  it('says that a repeat is one, and writes nothing', async () => {
    const { ledger, returnPath, receipts, stateNow } = await sentNotice();
    await takeBounce(bounceReport(returnPath), { ledger });
    const before = await receipts();
    await assert.rejects(takeBounce(bounceReport(returnPath), { ledger }), { code: 'NOTICE_BOUNCE_REPEATED' });
    await assert.rejects(takeBounce(complaintReport(returnPath), { ledger }), { code: 'NOTICE_BOUNCE_REPEATED' });
    assert.deepEqual(await receipts(), before);
    assert.equal(await stateNow(), 'bounced');
  });

  it('leaves alone a notice that a person has reopened since', async () => {
    const { ledger, returnPath, subject, stateNow } = await sentNotice();
    await takeBounce(bounceReport(returnPath), { ledger });
    await ledger.effects.reopen(testIncident, 'notices.send', [subject]);
    await assert.rejects(takeBounce(bounceReport(returnPath), { ledger }), { code: 'NOTICE_BOUNCE_REPEATED' });
    assert.equal(await stateNow(), 'planned');
  });

  it('asks for it again while the notice is under way', async () => {
    const { ledger, returnPath, subject } = await sentNotice();
    const row = [...ledger.effects.rows.values()].find((one) => one.subject === subject)!;
    row.state = 'claimed';
    await assert.rejects(takeBounce(bounceReport(returnPath), { ledger }), { code: 'NOTICE_BOUNCE_EARLY' });
    assert.equal(row.state, 'claimed');
  });

  it('refuses an address that somebody made up, and one whose tag is another notice\u2019s', async () => {
    const { ledger, returnPath, receipts, stateNow } = await sentNotice();
    const before = await receipts();
    const [, id = '', tag = ''] = /bounce\+([0-9a-f]{32})\.1\.([0-9a-f]{16})@/.exec(returnPath)!;
    const other = id.startsWith('0') ? `1${id.slice(1)}` : `0${id.slice(1)}`;
    for (const local of [`${id}.1.${'0'.repeat(16)}`, `${other}.1.${tag}`, `${id}.2.${tag}`, id]) {
      const forged = `bounce+${local}@bounces.example.org`;
      await assert.rejects(takeBounce(bounceReport(forged), { ledger }), { code: 'NOTICE_BOUNCE_UNKNOWN' });
    }
    assert.deepEqual(await receipts(), before);
    assert.equal(await stateNow(), 'accepted');
  });

  for (const [what, report] of [
    ['a mail that is no report', (to: string) => `From: a@example.org\r\nTo: ${to}\r\n\r\nHello`],
    ['a report that says it arrived', (to: string) => bounceReport(to, ['Action: delivered'])],
    ['feedback that is no complaint', (to: string) => complaintReport(to, { type: 'not-spam' })],
    ['nothing', () => ''],
    ['more than any report', (to: string) => bounceReport(to) + 'x'.repeat(1024 * 1024)],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { ledger, returnPath, stateNow } = await sentNotice();
      await assert.rejects(takeBounce(report(returnPath), { ledger }), { code: 'NOTICE_BOUNCE_UNKNOWN' });
      assert.equal(await stateNow(), 'accepted');
    });
  }
});
