import assert from 'node:assert/strict';
import { attempt, testIncident } from '../../../support/page-calls.ts';
import { keep, noticeStage, readerOf, secretOf, type NoticeStage } from '../../../support/notice-stage.ts';
import { sendNotices } from '../../../../activities/notices/send.ts';
import type { PageCall, PageResult } from '../../../../contracts/effects.ts';

const send = (stage: NoticeStage, call: PageCall): Promise<PageResult> =>
  sendNotices(call, { ...stage.options, attempt: attempt() });

/** Actions whose states are asked for, as they are. */
function countingStates(stage: NoticeStage): readonly string[] {
  const { effects } = stage.house.ledger;
  const asked: string[] = [];
  const states = effects.states.bind(effects);
  effects.states = (incident, action, subjects) => {
    asked.push(action);
    return states(incident, action, subjects);
  };
  return asked;
}

describe('sendNotices', () => {
  it('says of each secret what the ledger says of it', async () => {
    const stage = noticeStage();
    const [dead, alive, asked, foreign] = [
      secretOf('dead'),
      secretOf('live'),
      secretOf('askd'),
      secretOf('frgn', { issuer: 'github' }),
    ];
    await stage.revoked([dead], 'verified');
    await stage.revoked([asked], 'accepted');
    const result = await send(stage, await stage.call([readerOf('dana', [dead, alive, asked, foreign])]));
    assert.deepEqual(result, { counts: { accepted: 1 }, left: 0, returned: 0 });
    const { text, html = '', subject, to, returnPath, messageId } = stage.mailer.mails[0]!;
    assert.match(text, /- KEY_dead \(hf_\.\.\.dead\): we revoked it/);
    assert.match(text, /- KEY_live \(hf_\.\.\.live\): it still works/);
    assert.match(text, /- KEY_askd \(hf_\.\.\.askd\): we asked for its revocation/);
    assert.match(text, /- KEY_frgn \(hf_\.\.\.frgn\): issued by github/);
    assert.equal(text.match(/we revoked it/g)?.length, 1);
    assert.match(text, new RegExp(`example\\.org/security/${testIncident}`));
    assert.match(html, /<li>KEY_dead \(hf_\.\.\.dead\): we revoked it/);
    assert.doesNotMatch(html, /<a |<img|<form|<script|\{#|\{\{|\{%/);
    assert.match(subject, new RegExp(testIncident));
    assert.equal(to, 'dana@example.org');
    assert.match(returnPath, /^bounce\+[0-9a-f]{32}\.1\.[0-9a-f]{16}@bounces\.example\.org$/);
    assert.match(messageId, /^<[0-9a-f]{32}@bounces\.example\.org>$/);
  });

  it('writes to each reader in the language the directory names, else in English', async () => {
    const stage = noticeStage();
    const call = await stage.call([
      readerOf('a', [secretOf('aaaa')], { locale: 'de-AT' }),
      readerOf('b', [secretOf('bbbb')], { locale: 'fr' }),
    ]);
    await send(stage, call);
    const byReader = new Map(stage.mailer.mails.map((mail) => [mail.to, mail.subject]));
    assert.match(byReader.get('a@example.org') ?? '', /^Sicherheitsvorfall/);
    assert.match(byReader.get('b@example.org') ?? '', /^Security incident/);
  });

  it('reads the states of a whole page in two statements, and none again of what it saw dead', async () => {
    const stage = noticeStage();
    const asked = countingStates(stage);
    const secrets = Array.from({ length: 100 }, (_, index) => secretOf(`s${index}`));
    await stage.revoked(secrets, 'verified');
    const rows = secrets.map((secret, index) => readerOf(`r${index}`, [secret]));
    await send(stage, await stage.call(rows));
    assert.equal(asked.filter((action) => action.startsWith('credentials.')).length, 2);
    assert.equal(stage.mailer.mails.length, 100);
  });

  it('tells of a revocation that was verified after the page began as it is', async () => {
    const stage = noticeStage();
    const [early, late] = [secretOf('aaaa'), secretOf('bbbb')];
    await stage.revoked([late], 'accepted');
    const { send: hand } = stage.mailer;
    stage.options.mailer.send = async (mail) => {
      if (stage.mailer.mails.length === 0) await stage.verified([late]);
      return hand(mail);
    };
    const call = await stage.call([readerOf('a', [early]), readerOf('b', [late])]);
    await sendNotices(call, {
      ...stage.options,
      sender: { ...stage.options.sender, connections: 1 },
      attempt: attempt(),
    });
    assert.match(stage.mailer.mails[0]?.text ?? '', /KEY_aaaa .*it still works/);
    assert.match(stage.mailer.mails[1]?.text ?? '', /KEY_bbbb .*we revoked it/);
  });

  it('sends once however often the page is run', async () => {
    const stage = noticeStage();
    const call = await stage.call([readerOf('a', [secretOf('aaaa')])]);
    await send(stage, call);
    await send(stage, call);
    assert.equal(stage.mailer.mails.length, 1);
  });

  it('writes nothing in a drill', async () => {
    const stage = noticeStage();
    const result = await send(stage, await stage.call([readerOf('a', [secretOf('aaaa')])], { mode: 'drill' }));
    assert.deepEqual(result.counts, { withheld: 1 });
    assert.deepEqual(stage.mailer.mails, []);
  });

  it('keeps address and name out of the ledger', async () => {
    const stage = noticeStage();
    await send(stage, await stage.call([readerOf('dana', [secretOf('aaaa')])]));
    const [effect] = await stage.house.ledger.effects.subjects(testIncident, 'notices.send', ['accepted'], 10);
    const receipts = await stage.house.ledger.effects.receipts(testIncident, 'notices.send', effect ?? '');
    assert.deepEqual(receipts.at(-1)?.body['told'], { aaaa: 'alive' });
    assert.doesNotMatch(JSON.stringify([receipts, stage.house.ledger.records]), /dana@|Reader dana|hf_/);
  });

  it('tells in a later round only what is new, and nothing where nothing is', async () => {
    const stage = noticeStage();
    const [one, two, still] = [secretOf('aaa1'), secretOf('aaa2'), secretOf('bbb1')];
    await send(stage, await stage.call([readerOf('a', [one]), readerOf('b', [still])]));
    const readers = [readerOf('a', [one, two]), readerOf('b', [still]), readerOf('c', [secretOf('ccc1')])];
    const result = await send(stage, await stage.call(readers, { round: 2, visit: 2 }));
    assert.deepEqual(result, {
      counts: { accepted: 2, withheld: 1 },
      left: 0,
      reasons: { NOTICE_UNCHANGED: 1 },
      returned: 0,
    });
    const later = stage.mailer.mails.slice(2);
    assert.deepEqual(later.map(({ to }) => to).sort(), ['a@example.org', 'c@example.org']);
    const toA = later.find(({ to }) => to === 'a@example.org')!.text;
    assert.match(toA, /only what is new/);
    assert.match(toA, /KEY_aaa2/);
    assert.doesNotMatch(toA, /KEY_aaa1/);
  });

  it('tells in a later round of a secret that has died since', async () => {
    const stage = noticeStage();
    const secret = secretOf('aaaa');
    await send(stage, await stage.call([readerOf('a', [secret])]));
    await stage.revoked([secret], 'verified');
    await send(stage, await stage.call([readerOf('a', [secret])], { round: 2, visit: 2 }));
    assert.match(stage.mailer.mails[1]?.text ?? '', /KEY_aaaa .*we revoked it/);
  });

  it('tells all to one whose first notice was not taken', async () => {
    const stage = noticeStage();
    stage.mailer.answer = { end: 'refused', code: 'NOTICE_UNREACHABLE', receipt: { reply: 550 } };
    const first = await send(stage, await stage.call([readerOf('a', [secretOf('aaaa')])]));
    assert.deepEqual(first.reasons, { NOTICE_UNREACHABLE: 1 });
    stage.mailer.answer = { end: 'accepted', receipt: {} };
    await send(stage, await stage.call([readerOf('a', [secretOf('aaaa')])], { round: 2, visit: 2 }));
    assert.doesNotMatch(stage.mailer.mails[1]?.text ?? '', /only what is new/);
  });

  it('leaves a notice whose fate is unknown, unasked, as it is', async () => {
    const stage = noticeStage();
    stage.mailer.answer = { end: 'unclear', code: 'CONNECTOR_BROKEN_OFF', receipt: {} };
    const call = await stage.call([readerOf('a', [secretOf('aaaa')])]);
    const result = await send(stage, call);
    await send(stage, call);
    assert.deepEqual(result.counts, { unknown: 1 });
    assert.equal(stage.mailer.mails.length, 1);
  });

  for (const [what, body] of [
    ['something shaped like a credential', ['hf', 'x'.repeat(34)].join('_')],
    ['the hint of another reader', 'hf_...bbbb'],
    ['a word that nobody has decided', 'this breach'],
    ['a value that is not there', '{{ item.nothing }}'],
  ] as const) {
    it(`refuses a text with ${what}`, async () => {
      const stage = noticeStage();
      const texts = { 'exposed-secrets/en': keep(stage.house, `---\nsubject: Incident\n---\nHello ${body}.\n`) };
      const readers = [readerOf('a', [secretOf('aaaa')]), readerOf('b', [secretOf('bbbb')])];
      const result = await send(stage, await stage.call(readers, { texts }));
      assert.ok((result.reasons?.['NOTICE_TEXT_REFUSED'] ?? 0) >= 1);
      assert.ok(stage.mailer.mails.every(({ to, text }) => to === 'b@example.org' && text.includes('bbbb')));
    });
  }

  it('leaves to people what they name their secrets', async () => {
    const stage = noticeStage();
    await send(stage, await stage.call([readerOf('a', [secretOf('aaaa', { name: 'STOLEN breach key' })])]));
    assert.match(stage.mailer.mails[0]?.text ?? '', /STOLEN breach key/);
  });

  it('refuses a page for whose template the plan holds no text', async () => {
    const stage = noticeStage();
    const call = await stage.call([readerOf('a', [])], { texts: {} });
    await assert.rejects(send(stage, call), { code: 'NOTICE_TEXT_MISSING' });
  });

  it('never lets the name of a secret become markup, a link or a line', async () => {
    const stage = noticeStage();
    const name = '<b>x</b>\n## Go to https://evil.example.org/?a=1 {{ incident.id }}';
    await send(stage, await stage.call([readerOf('a', [secretOf('aaaa', { name })])]));
    const { text, html } = stage.mailer.mails[0]!;
    assert.doesNotMatch(html ?? '', /<b>/);
    assert.doesNotMatch(text, /https?:|^## /m);
  });
});
