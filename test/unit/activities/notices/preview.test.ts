import assert from 'node:assert/strict';
import { attempt } from '../../../support/page-calls.ts';
import { keepPreview, previewNotices } from '../../../../activities/notices/preview.ts';
import { noticeStage, readerOf, secretOf, type NoticeStage } from '../../../support/notice-stage.ts';
import { sendNotices } from '../../../../activities/notices/send.ts';

async function mixedStage(): Promise<{ stage: NoticeStage; call: Awaited<ReturnType<NoticeStage['call']>> }> {
  const stage = noticeStage();
  const [dead, foreign] = [secretOf('dead'), secretOf('frgn', { issuer: 'github' })];
  await stage.revoked([dead], 'verified');
  const call = await stage.call([
    readerOf('a', [dead]),
    readerOf('b', [dead]),
    readerOf('c', [dead], { locale: 'de' }),
    readerOf('d', [dead, secretOf('live')]),
    readerOf('e', [foreign]),
    readerOf('f', [foreign, dead]),
    readerOf('g', [], { relation: 'store-admin' }),
    readerOf('h', [], { relation: 'controller', people: 3 }),
  ]);
  return { stage, call };
}

describe('previewNotices', () => {
  it('shows every text that somebody may get, with how many would get it now', async () => {
    const { stage, call } = await mixedStage();
    const { variants } = await previewNotices(stage.options)(call);
    assert.deepEqual(Object.fromEntries(variants.map(({ name, count }) => [name, count])), {
      'de, all dead': 1,
      'de, some alive': 0,
      'de, some unknown': 0,
      'en, all dead': 2,
      'en, controller': 1,
      'en, foreign only': 1,
      'en, mixed, own ones dead': 1,
      'en, mixed, some alive': 0,
      'en, mixed, some unknown': 0,
      'en, no secrets': 1,
      'en, some alive': 1,
      'en, some unknown': 0,
    });
    const dead = variants.find(({ name }) => name === 'en, all dead')?.sample ?? '';
    assert.match(dead, /^Security incident .*\n\n[\s\S]*NAME \(\.\.\.\): we revoked it/);
  });

  it('shows what is sent once the tokens are seen dead, though the gate opened before', async () => {
    const stage = noticeStage();
    const secrets = [secretOf('one')];
    const call = await stage.call([readerOf('a', secrets)]);
    const { variants, notes } = await previewNotices(stage.options)(call);
    assert.deepEqual(
      variants.map(({ name, count }) => [name, count]),
      [
        ['en, all dead', 0],
        ['en, some alive', 1],
        ['en, some unknown', 0],
      ],
    );
    assert.match(notes.join('\n'), /decided when it is sent[\s\S]*binds all branches[\s\S]*more than 1 %/);
    await stage.revoked(secrets, 'verified');
    await sendNotices(call, { ...stage.options, attempt: attempt() });
    const sent = stage.mailer.mails[0]!.text.replace('Reader a', 'NAME').replace('KEY_one (hf_...one)', 'NAME (...)');
    assert.ok(variants[0]!.sample.endsWith(sent));
  });

  it('says nothing of states where no text depends on them', async () => {
    const stage = noticeStage();
    const call = await stage.call([readerOf('h', [], { relation: 'controller', people: 3 })]);
    assert.deepEqual((await previewNotices(stage.options)(call)).notes, []);
  });

  it('shows no name, hint or address', async () => {
    const { stage, call } = await mixedStage();
    const { variants } = await previewNotices(stage.options)(call);
    assert.doesNotMatch(JSON.stringify(variants), /KEY_|hf_|Reader|@example/);
  });

  it('shows in a later round what is a follow-up, and who gets nothing', async () => {
    const { stage, call } = await mixedStage();
    await sendNotices(call, { ...stage.options, attempt: attempt() });
    const rows = [readerOf('a', [secretOf('dead')]), readerOf('d', [secretOf('live'), secretOf('new1')])];
    const { variants, notes } = await previewNotices(stage.options)(await stage.call(rows, { round: 2, visit: 2 }));
    assert.deepEqual(
      variants.map(({ name, count }) => [name, count]),
      [
        ['en, follow-up, all dead', 0],
        ['en, follow-up, some alive', 1],
        ['en, follow-up, some unknown', 0],
      ],
    );
    assert.match(notes.at(-1) ?? '', /^1 were told before/);
  });
});

describe('keepPreview', () => {
  it('keeps the samples as a document of the incident', async () => {
    const { stage, call } = await mixedStage();
    const { outputs } = await keepPreview({ ...call, with: { ...call.with, to: { ...call.dataset } } }, stage.options);
    assert.equal(outputs['variants'], 12);
    assert.match(Buffer.from(stage.house.ledger.stored[0]!.body).toString(), /^# de, all dead: 1$/m);
  });
});
