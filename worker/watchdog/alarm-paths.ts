import { createHash } from 'node:crypto';
import { HttpClient } from '../../activities/effects/http-exchange.ts';
import { mailServerOf, openMailer } from '../../activities/notices/mailer.ts';
import type { SecretReader } from '../../activities/port.ts';
import type { Alarm } from './due-book.ts';
import type { WatchdogConfig } from './watchdog-config.ts';

const WEBHOOK_TIMEOUT_MS = 10_000;

/** One way to people, without the engine and without the chat. */
export interface AlarmPath {
  /** For the log: `mail to a@b`, `webhook`. */
  readonly name: string;
  /** Whether somebody took the alarm. Never throws. */
  send(alarm: Alarm): Promise<boolean>;
  close(): Promise<void>;
}

/** The same hour, the same alarm: a mail that went out twice is threaded by the reader's program. */
function messageId({ id }: Alarm, from: string): string {
  const hash = createHash('sha256').update(`${id}/${Date.now()}`).digest('hex').slice(0, 32);
  return `<watchdog-${hash}@${from.slice(from.lastIndexOf('@') + 1)}>`;
}

function mailPath(mail: NonNullable<WatchdogConfig['mail']>, secrets: SecretReader): AlarmPath {
  const { from, to } = mail;
  const mailer = openMailer(mailServerOf(mail, secrets, 1));
  return {
    name: `mail to ${to.join(', ')}`,
    send: async (alarm) => {
      const { subject, text } = alarm;
      const sent = [];
      for (const reader of to)
        sent.push(
          await mailer.send({ from, returnPath: from, to: reader, messageId: messageId(alarm, from), subject, text }),
        );
      return sent.some(({ end }) => end === 'accepted');
    },
    close: () => {
      mailer.close();
      return Promise.resolve();
    },
  };
}

function webhookPath(webhook: NonNullable<WatchdogConfig['webhook']>, secrets: SecretReader): AlarmPath {
  const client = new HttpClient(1);
  const authorization = webhook.token === undefined ? {} : { authorization: `Bearer ${secrets(webhook.token)}` };
  return {
    name: 'webhook',
    send: async ({ id, subject, text }) => {
      const exchange = await client.send({
        method: 'POST',
        url: webhook.url,
        headers: { 'content-type': 'application/json', ...authorization },
        body: JSON.stringify({ id, severity: 'critical', subject, text }),
        timeoutMs: WEBHOOK_TIMEOUT_MS,
      });
      return exchange.end === 'answered' && exchange.status >= 200 && exchange.status < 300;
    },
    close: () => client.close(),
  };
}

/** The ways that a configuration names. @throws CONFIG_SECRET_MISSING */
export function alarmPaths({ mail, webhook }: WatchdogConfig, secrets: SecretReader): readonly AlarmPath[] {
  return [...(mail ? [mailPath(mail, secrets)] : []), ...(webhook ? [webhookPath(webhook, secrets)] : [])];
}
