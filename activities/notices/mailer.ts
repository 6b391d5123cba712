import { Readable } from 'node:stream';
import { composeMail, fromHeader } from './compose-mail.ts';
import { ConnectionSlots } from '../effects/connection-slots.ts';
import { default as SMTPPool, type SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool';
import { deliveryOf, type Delivery } from './delivery.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { SecretReader } from '../port.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Silence of the server for longer than this ends a send; RFC 5321 section 4.5.3.2 would allow minutes, a page has 30 s. */
const SILENCE_TIMEOUT_MS = 20_000;

/** Longest time one send may take, in milliseconds: connect, greeting and one silence of the server. */
export const LONGEST_SEND_MS = 2 * CONNECT_TIMEOUT_MS + SILENCE_TIMEOUT_MS;

/** How to reach a mail server. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; without it STARTTLS where the server offers it. */
  readonly secure: boolean;
  readonly user?: string;
  readonly pass?: string;
  /** Connections held open; one message at a time on each. */
  readonly connections: number;
  /** Silence of the server that ends a send, in milliseconds; default 20 s. */
  readonly silenceMs?: number;
}

/** One message to one reader; addresses are checked by the caller (`isMailAddress`). */
export interface Mail {
  /** Sender shown to the reader. */
  readonly from: string;
  /** Envelope sender; bounces go there. */
  readonly returnPath: string;
  readonly to: string;
  /** With angle brackets. */
  readonly messageId: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
}

/** Sends mail over a fixed number of connections. */
export interface Mailer {
  /** Sends one message once: never requeued, never throws for what the server does. */
  send(mail: Mail): Promise<Delivery>;
  /** Connections to send over, shared with the other pages of this process. */
  readonly slots: ConnectionSlots;
  close(): void;
}

/** Schema of the settings of a mail server, for configurations. */
export const mailServerProperties: Readonly<Record<string, Json>> = {
  host: { type: 'string', minLength: 1, maxLength: 253 },
  port: { type: 'integer', minimum: 1, maximum: 65_535 },
  secure: { type: 'boolean' },
  user: { type: 'string', minLength: 1, description: 'Reference: env:NAME or file:PATH' },
  pass: { type: 'string', minLength: 1, description: 'Reference: env:NAME or file:PATH' },
};

/** Settings of a mail server from a configuration. @throws CONFIG_SECRET_MISSING */
export function mailServerOf(config: JsonObject, secrets: SecretReader, connections: number): MailServer {
  const { host, port, secure, user, pass } = config;
  return {
    host: typeof host === 'string' ? host : '',
    port: Number(port),
    secure: secure === true,
    connections,
    ...(typeof user === 'string' ? { user: secrets(user) } : {}),
    ...(typeof pass === 'string' ? { pass: secrets(pass) } : {}),
  };
}

/** Opens a mailer; connections are made when the first messages go out. */
export function openMailer(server: MailServer): Mailer {
  const { host, port, secure, user, pass, connections, silenceMs = SILENCE_TIMEOUT_MS } = server;
  // The pool without the library's mailer in front of it, which would parse what is composed already and cost an eighth of a send.
  const pool = new SMTPPool({
    host,
    port,
    secure,
    maxConnections: connections,
    maxMessages: Infinity,
    maxRequeues: 0, // whether a message is sent again is for the ledger to say, not for the pool
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: silenceMs,
    ...(user === undefined ? {} : { auth: { user, pass: pass ?? '' } }),
  });
  pool.on('error', () => undefined); // each send gets its own
  return {
    slots: new ConnectionSlots(connections),
    send: async ({ returnPath, ...parts }) => {
      const bytes = composeMail({ ...parts, from: fromHeader(parts.from), at: new Date() });
      // Read when the server has answered DATA: whether it was tells if a lost connection may have taken the message with it.
      const body = new Readable({
        read() {
          this.push(bytes);
          this.push(null);
        },
      });
      try {
        const info = await sendOver(pool, { from: returnPath, to: [parts.to] }, parts.messageId, body);
        return { end: 'accepted', receipt: receiptOf(info.response) };
      } catch (error) {
        const delivery = deliveryOf(error, body.readableDidRead);
        body.destroy();
        return delivery;
      }
    },
    close: () => {
      pool.close();
    },
  };
}

/** Hands the pool all that it reads of a message: envelope, id and the body as we composed it. */
function sendOver(
  pool: SMTPPool,
  envelope: { readonly from: string; readonly to: string[] },
  messageId: string,
  body: Readable,
): Promise<SMTPPoolSentMessageInfo> {
  const message = {
    getEnvelope: () => envelope,
    messageId: () => messageId,
    getHeader: () => messageId, // asked for the Message-ID alone
    createReadStream: () => body,
  };
  return new Promise((resolve, reject) => {
    pool.send({ data: {}, message } as unknown as Parameters<SMTPPool['send']>[0], (error, info) => {
      if (info) resolve(info);
      else reject(error ?? new Error('the pool answered nothing'));
    });
  });
}

/** Code of the answer and the queue id in it where one can be told; the rest of the text may hold the address. */
function receiptOf(response: string): JsonObject {
  const [, code] = /^(\d{3})/.exec(response) ?? [];
  const [, queued] = /queued as ([\w.-]{4,64})/i.exec(response) ?? [];
  return { reply: Number(code ?? 250), ...(queued === undefined ? {} : { queued }) };
}
