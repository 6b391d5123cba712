import { Socket } from 'node:net';
import { cutPoint } from '../../activities/effects/cut-point.ts';
import { openLedger } from '../../ledger/open.ts';
import { openMailer } from '../../activities/notices/mailer.ts';
import { sendNotices } from '../../activities/notices/send.ts';
import { endCell, readCell } from './cell.ts';
import type { PageCall } from '../../contracts/effects.ts';

/** What one attempt of one page of `notices.send` is told. */
export interface MailSetting {
  readonly database: string;
  /** Key-encryption key, base64. */
  readonly key: string;
  /** Port of the mail server of the test. */
  readonly port: number;
  readonly connections: number;
  readonly call: PageCall;
}

const { epoch, setting } = readCell();
const { database, key, port, connections, call } = setting as MailSetting;

// The dot that ends a message is in the kernel then, and the answer has not been read: only the socket knows that point.
const proto = Socket.prototype as { write: (this: Socket, chunk: unknown, ...rest: readonly never[]) => boolean };
const { write } = proto;
proto.write = function (chunk, ...rest) {
  const isTaken = write.call(this, chunk, ...rest);
  if (Buffer.isBuffer(chunk) && chunk.subarray(-3).equals(Buffer.from('.\r\n'))) cutPoint('request-sent');
  return isTaken;
};

const ledger = await openLedger({ url: database, keyEncryptionKey: Buffer.from(key, 'base64'), opens: ['people'] });
const mailer = openMailer({ host: '127.0.0.1', port, secure: false, connections });
try {
  const attempt = { epoch, firstScheduledMs: epoch, signal: new AbortController().signal, heartbeat: () => undefined };
  endCell(
    await sendNotices(call, {
      ...{ ledger, mailer, attempt },
      sender: { from: 'security@example.org', bounceDomain: 'bounces.example.org', connections },
      siteOf: () => ({ name: 'example.org', page: 'example.org/security', contact: 'the desk' }),
    }),
  );
} finally {
  mailer.close();
  await ledger.close();
}
