import { SMTPServer } from 'smtp-server';
import { simpleParser } from 'mailparser';
import type { AddressInfo } from 'node:net';

/** A message as the sink took it. */
export interface SunkMessage {
  readonly id: string;
  readonly from: string;
  readonly recipients: readonly string[];
  /** Raw RFC 5322 text. */
  readonly raw: string;
  readonly at: number;
}

/** What the mail world has recorded by itself. */
export interface MailSink {
  readonly port: number;
  readonly messages: readonly SunkMessage[];
  /** Recipients that were refused because their mailbox does not exist. */
  refused(): number;
  /** Distinct recipients of a domain. */
  recipientsOf(domain: string): ReadonlySet<string>;
  /** Messages beyond the first with the same Message-ID, or to the same affected person with the same subject. */
  duplicates(): number;
  /** Messages with more than one recipient. */
  withManyRecipients(): number;
  close(): Promise<void>;
}

/** Domain of mailboxes that do not exist: refused at RCPT. */
export const DEAD_DOMAIN = 'gone.example.org';

const MESSAGE_ID = /^message-id:\s*(\S+)/im;
const SUBJECT = /^subject:\s*(.+)$/im;

function header(raw: string, pattern: RegExp): string {
  return pattern.exec(raw.slice(0, raw.indexOf('\r\n\r\n')))?.[1] ?? '';
}

function createRecord() {
  const messages: SunkMessage[] = [];
  const refusedAddresses = new Set<string>();
  return {
    refusedAddresses,
    refused: () => refusedAddresses.size,
    messages,
    recipientsOf: (domain: string) =>
      new Set(messages.flatMap(({ recipients }) => recipients).filter((address) => address.endsWith(`@${domain}`))),
    withManyRecipients: () => messages.filter(({ recipients }) => recipients.length > 1).length,
    duplicates: () => {
      const ids = messages.map(({ id }) => id);
      const told = messages
        .filter(({ recipients }) => recipients.every((address) => address.endsWith('@people.example.org')))
        .map(({ recipients, raw }) => `${recipients.join(',')} ${header(raw, SUBJECT)}`);
      return Math.max(ids.length - new Set(ids).size, told.length - new Set(told).size);
    },
  };
}

/**
 * A real SMTP server on loopback that keeps what it took: the demo's mailbox of everyone.
 *
 * @param port - 0 for a free one.
 * @param onTaken - told of every message once it is taken.
 */
export async function startMailSink(
  port: number,
  onTaken: (message: SunkMessage) => void = () => undefined,
): Promise<MailSink> {
  const record = createRecord();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    logger: false,
    onRcptTo({ address }, _session, callback) {
      if (!address.endsWith(`@${DEAD_DOMAIN}`)) {
        callback();
        return;
      }
      record.refusedAddresses.add(address);
      callback(Object.assign(new Error('5.1.1 mailbox does not exist'), { responseCode: 550 }));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString('utf8');
        const { mailFrom, rcptTo } = session.envelope;
        const message: SunkMessage = {
          id: header(raw, MESSAGE_ID),
          from: mailFrom === false ? '' : mailFrom.address,
          recipients: rcptTo.map(({ address }) => address),
          raw,
          at: Date.now(),
        };
        record.messages.push(message);
        callback(null, 'taken');
        onTaken(message);
      });
    },
  });
  server.on('error', () => undefined); // a client that was killed resets its connection: not the sink's failure
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    ...record,
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The readable text of a message. */
export async function textOf(
  message: SunkMessage,
): Promise<{ readonly subject: string; readonly text: string; readonly html: string }> {
  const parsed = await simpleParser(message.raw);
  return {
    subject: parsed.subject ?? '',
    text: parsed.text ?? '',
    html: typeof parsed.html === 'string' ? parsed.html : '',
  };
}
