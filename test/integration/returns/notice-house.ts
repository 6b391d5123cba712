import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { openMailer, type Mailer } from '../../../activities/notices/mailer.ts';
import { sendNotices } from '../../../activities/notices/send.ts';
import { libraryText, readerOf, secretOf } from '../../support/notice-stage.ts';
import { startMailSink, type MailSink } from '../../support/mail-sink.ts';
import { attempt, openPermit, pageCall } from '../../support/page-calls.ts';
import { openTestLedger, type TestLedger } from '../ledger/open-test-ledger.ts';
import type { Digest, StepId } from '../../../contracts/ids.ts';
import type { EffectState, PageCall, PageResult } from '../../../contracts/effects.ts';

const TEXT = libraryText('exposed-secrets.en');
const TEXT_HASH = createHash('sha256').update(TEXT).digest('hex') as Digest;
const SENDER = { from: 'security@example.org', bounceDomain: 'bounces.example.org', connections: 4 };

/** Notices on a real PostgreSQL over a real mail server. */
export class NoticeHouse {
  readonly test: TestLedger;
  readonly sink: MailSink;
  readonly #mailer: Mailer;
  #steps = 0;

  private constructor(test: TestLedger, sink: MailSink) {
    this.test = test;
    this.sink = sink;
    this.#mailer = openMailer({ host: '127.0.0.1', port: sink.port, secure: false, connections: 4 });
  }

  static async open(): Promise<NoticeHouse> {
    const [test, sink] = await Promise.all([openTestLedger(), startMailSink()]);
    await test.ledger.documents.putPlan({
      plan: { limits: {} } as never, // a page reads nothing but the limits of its plan
      planHash: TEXT_HASH,
      documents: { [TEXT_HASH]: { kind: 'text', name: 'exposed-secrets/en', body: TEXT } },
    });
    return new NoticeHouse(test, sink);
  }

  /** A page over readers with one secret each; every call is a step and a notice of its own. */
  async call(ids: readonly string[], changes: Partial<PageCall> = {}): Promise<PageCall> {
    const { ledger, incident } = this.test;
    this.#steps += 1;
    const step = `tell-${this.#steps}` as StepId;
    const rows = ids.map((id) => readerOf(id, [secretOf(`of-${id}`)]));
    const { to } = await ledger.datasets.write({ incident, step, visit: 1 }, { to: { kind: 'people', rows } });
    const call = pageCall('notices.send', to!, {
      ...{ incident, step, planHash: TEXT_HASH, texts: { 'exposed-secrets/en': TEXT_HASH } },
      with: { notice: step, template: 'exposed-secrets' },
      ...changes,
    });
    await openPermit(ledger, call);
    return call;
  }

  send(call: PageCall, epoch = Date.now()): Promise<PageResult> {
    return sendNotices(call, {
      ...{ ledger: this.test.ledger, mailer: this.#mailer, sender: SENDER, attempt: attempt({ epoch }) },
      siteOf: (incident) => ({ name: 'example.org', page: `example.org/security/${incident}`, contact: 'the desk' }),
    });
  }

  /** Sends to one reader. @returns where its bounce would go, and the subject of its effect. */
  async sent(id: string): Promise<{ readonly returnPath: string; readonly subject: string }> {
    const call = await this.call([id]);
    await this.send(call);
    const mail = this.sink.mails.find(({ to }) => to.includes(`${id}@example.org`));
    return { returnPath: mail!.from, subject: `${call.step}/1/person-${id}` };
  }

  async stateOf(subject: string): Promise<EffectState | undefined> {
    const { ledger, incident } = this.test;
    return (await ledger.effects.states(incident, 'notices.send', [subject]))[0]?.state;
  }

  async receiptsOf(subject: string): Promise<readonly string[]> {
    const { ledger, incident } = this.test;
    const receipts = await ledger.effects.receipts(incident, 'notices.send', subject);
    return receipts.map(({ kind, state }) => `${kind} ${state}`);
  }

  async close(): Promise<void> {
    this.#mailer.close();
    await this.sink.close();
    await this.test.close();
  }
}

/** Delivers a message as a mail server would: with an empty sender. @returns the reply, also of a refusal. */
export async function deliver(port: number, to: string, raw: string): Promise<string> {
  const transport = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
  try {
    return (await transport.sendMail({ envelope: { from: '', to: [to] }, raw })).response;
  } catch (error) {
    return String((error as { response?: unknown }).response);
  } finally {
    transport.close();
  }
}
