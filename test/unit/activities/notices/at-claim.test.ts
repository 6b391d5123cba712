import assert from 'node:assert/strict';
import { attempt, later, testIncident } from '../../../support/page-calls.ts';
import { noticeStage, readerOf, secretOf, type NoticeStage } from '../../../support/notice-stage.ts';
import { sendNotices } from '../../../../activities/notices/send.ts';
import type { Digest } from '../../../../contracts/ids.ts';
import type { NewRow } from '../../../../ledger/ports.ts';
import type { PageCall, PageResult } from '../../../../contracts/effects.ts';

const HOUR_MS = 3_600_000;
const SWEEP_MS = HOUR_MS / 4; // as far apart as a page asks for at most
const gate = 'ab'.repeat(32) as Digest;

const send = (stage: NoticeStage, call: PageCall): Promise<PageResult> =>
  sendNotices(call, { ...stage.options, attempt: attempt() });

const place = (stage: NoticeStage, audience: string, until?: string) =>
  stage.house.ledger.holds.add(testIncident, {
    ...{ key: audience, audience, by: 'omar', basis: 'order of a court' },
    ...(until === undefined ? {} : { until }),
  });

describe('a hold', () => {
  it('withholds the notices of those it covers, and of nobody else', async () => {
    const stage = noticeStage();
    await place(stage, 'controllers');
    const call = await stage.call([readerOf('a', []), readerOf('c', [], { relation: 'controller' })]);
    const { counts, left, waitMs, reasons } = await send(stage, call);
    assert.deepEqual(counts, { accepted: 1, withheld: 1 });
    assert.deepEqual([left, reasons], [1, { NOTICE_HELD: 1 }]);
    assert.ok(waitMs! >= 60_000, 'a held reader is not asked for every second');
    assert.deepEqual(
      stage.mailer.mails.map(({ to }) => to),
      ['a@example.org'],
    );
  });

  it('that is placed while a page runs keeps those from being told who are not claimed yet', async () => {
    const stage = noticeStage();
    const { send: hand } = stage.mailer;
    stage.mailer.send = async (mail) => {
      if (stage.mailer.mails.length === 0) await place(stage, 'everyone');
      return hand(mail);
    };
    const one = { ...stage.options.sender, connections: 1 };
    const call = await stage.call(['a', 'b', 'c'].map((id) => readerOf(id, [])));
    const { counts } = await sendNotices(call, { ...stage.options, sender: one, attempt: attempt() });
    assert.deepEqual(counts, { accepted: 1, withheld: 2 });
  });

  it('lets them be told once it is lifted', async () => {
    const stage = noticeStage();
    const { id } = await place(stage, 'everyone');
    const call = await stage.call([readerOf('a', []), readerOf('b', [])]);
    await send(stage, call);
    await stage.house.ledger.holds.lift(testIncident, id, { by: 'omar', reason: 'withdrawn' });
    assert.deepEqual((await send(stage, call)).counts, { accepted: 2 });
  });

  it('lets them be told once it has run out', async () => {
    const stage = noticeStage();
    const { effects } = stage.house.ledger;
    await place(stage, 'everyone', new Date(effects.clockMs + HOUR_MS).toISOString());
    const call = await stage.call([readerOf('a', [])]);
    assert.deepEqual((await send(stage, call)).counts, { withheld: 1 });
    later(effects, HOUR_MS);
    assert.deepEqual((await send(stage, call)).counts, { accepted: 1 });
    assert.equal(stage.mailer.mails.length, 1);
  });
});

describe('drift', () => {
  /** So many readers, so many of them with a secret that nobody has seen dead. */
  async function readers(stage: NoticeStage, count: number, alive: number): Promise<NewRow[]> {
    const secrets = Array.from({ length: count }, (_, index) => secretOf(`s${String(index).padStart(3, '0')}`));
    await stage.revoked(secrets.slice(alive), 'verified');
    return secrets.map((secret, index) => readerOf(`r${index}`, [secret]));
  }

  it('of no more than a hundredth is told as it is', async () => {
    const stage = noticeStage();
    const result = await send(stage, await stage.call(await readers(stage, 100, 1), { gate }));
    assert.deepEqual([result.counts, result.drift], [{ accepted: 100 }, undefined]);
  });

  it('of more waits for people, and goes on when they say so', async () => {
    const stage = noticeStage();
    const call = await stage.call(await readers(stage, 100, 3), { gate });
    const result = await send(stage, call);
    assert.equal(result.drift, 2);
    assert.deepEqual(result.counts, { accepted: 98, planned: 2 });
    assert.deepEqual([result.left, result.reasons], [2, { NOTICE_DRIFT: 2 }]);
    later(stage.house.ledger.effects, 2_000);
    const then = await send(stage, { ...call, driftAccepted: true });
    assert.deepEqual([then.counts, then.drift], [{ accepted: 100 }, undefined]);
  });

  it('is measured by what the step expects', async () => {
    const stage = noticeStage();
    const rows = await readers(stage, 100, 3);
    const call = await stage.call(rows, { gate });
    assert.equal((await send(stage, { ...call, with: { ...call.with, expect: 0.05 } })).drift, undefined);
  });

  it('is no matter where nobody was asked, or where only their owners can end the secrets', async () => {
    const asked = noticeStage();
    assert.equal((await send(asked, await asked.call(await readers(asked, 4, 4)))).drift, undefined);
    const foreign = noticeStage();
    const rows = [readerOf('a', [secretOf('aaaa', { issuer: 'github' })])];
    assert.equal((await send(foreign, await foreign.call(rows, { gate }))).drift, undefined);
  });
});

describe('a mailbox that is put off', () => {
  async function putOff(giveUpAfter?: string): Promise<{ stage: NoticeStage; call: PageCall }> {
    const stage = noticeStage();
    stage.mailer.answer = { end: 'deferred', code: 'NOTICE_DEFERRED', waitMs: 60_000, receipt: { reply: 450 } };
    const call = await stage.call([readerOf('a', [])]);
    return { stage, call: giveUpAfter === undefined ? call : { ...call, with: { ...call.with, giveUpAfter } } };
  }

  /** Sweeps as a rollout does, until nothing is left. @returns the last answer and the hours that went by. */
  async function sweep(stage: NoticeStage, call: PageCall): Promise<{ result: PageResult; hours: number }> {
    const { effects } = stage.house.ledger;
    const startMs = effects.clockMs;
    for (let sweeps = 0; sweeps < 500; sweeps += 1) {
      const result = await send(stage, call);
      if (result.left === 0) return { result, hours: (effects.clockMs - startMs) / HOUR_MS };
      later(effects, SWEEP_MS);
    }
    throw new Error('it is swept without end');
  }

  it('is given up after a day, asked at growing intervals', async () => {
    const { stage, call } = await putOff();
    const { result, hours } = await sweep(stage, call);
    assert.deepEqual([result.counts, result.reasons], [{ failed: 1 }, { NOTICE_GIVEN_UP: 1 }]);
    assert.ok(hours >= 24 && hours < 25, `${hours} h`);
    assert.ok(stage.mailer.mails.length <= 20, `${stage.mailer.mails.length} tries`);
  });

  it('is given up when the step says', async () => {
    const { stage, call } = await putOff('PT1H');
    const { hours } = await sweep(stage, call);
    assert.ok(hours >= 1 && hours < 1.5, `${hours} h`);
  });

  it('is told when it takes mail again', async () => {
    const { stage, call } = await putOff();
    await send(stage, call);
    later(stage.house.ledger.effects, 61_000);
    stage.mailer.answer = { end: 'accepted', receipt: { reply: 250 } };
    assert.deepEqual((await send(stage, call)).counts, { accepted: 1 });
  });

  it('has the whole time again when a person retries it', async () => {
    const { stage, call } = await putOff('PT1H');
    await sweep(stage, call);
    const { effects } = stage.house.ledger;
    await effects.reopen(
      testIncident,
      'notices.send',
      await effects.subjects(testIncident, 'notices.send', ['failed'], 1),
    );
    assert.equal((await send(stage, call)).left, 1);
  });

  it('asks a server that cannot be reached once a connection, not once a reader', async () => {
    const stage = noticeStage();
    stage.mailer.answer = { end: 'deferred', code: 'CONNECTOR_UNREACHABLE', waitMs: 60_000, receipt: {} };
    const secrets = [secretOf('s')];
    const call = await stage.call(Array.from({ length: 40 }, (_, index) => readerOf(`r${index}`, secrets)));
    assert.equal((await send(stage, call)).left, 40);
    assert.ok(stage.mailer.mails.length <= 4, `${stage.mailer.mails.length} were tried over four connections`);
  });

  it('is not given up because no server could be reached', async () => {
    const { stage, call } = await putOff('PT1H');
    stage.mailer.answer = { end: 'deferred', code: 'CONNECTOR_UNREACHABLE', waitMs: 60_000, receipt: {} };
    await send(stage, call);
    later(stage.house.ledger.effects, 48 * HOUR_MS);
    assert.equal((await send(stage, call)).left, 1);
  });
});
