import { SMTPServer } from 'smtp-server';
import type { AddressInfo, Socket } from 'node:net';

/** What the sink does with the next messages. */
export type SinkScript =
  | 'accept'
  /** Refuses the recipient with this reply. */
  | { readonly rcpt: number; readonly text?: string }
  /** Refuses the message after its last byte with this reply. */
  | { readonly data: number; readonly text?: string }
  | 'drop-at-rcpt'
  | 'drop-after-data'
  | 'silent-after-data';

/** A message as it arrived. */
export interface SunkMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
}

/** A real SMTP server on loopback that keeps what it takes and misbehaves as told. */
export interface MailSink {
  readonly port: number;
  readonly mails: SunkMail[];
  script: SinkScript;
  /** Connections made so far. */
  connections: number;
  close(): Promise<void>;
}

/** Starts a sink. @param auth - user and password it insists on. */
export async function startMailSink(auth?: { readonly user: string; readonly pass: string }): Promise<MailSink> {
  const sockets = new Set<Socket>();
  const drop = (): void => sockets.forEach((socket) => socket.destroy());
  const server = new SMTPServer({
    hideSTARTTLS: true,
    logger: false,
    authOptional: auth === undefined,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      if (username === auth?.user && password === auth?.pass) done(null, { user: username });
      else done(new Error('wrong'));
    },
    onRcptTo: (_address, _session, done) => {
      const { script } = sink;
      if (script === 'drop-at-rcpt') drop();
      else if (typeof script === 'object' && 'rcpt' in script) done(reply(script.rcpt, script.text));
      else done();
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { script } = sink;
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        const mail = { from, to: rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks).toString('utf8') };
        if (script === 'accept') sink.mails.push(mail);
        if (script === 'drop-after-data') drop();
        else if (typeof script === 'object' && 'data' in script) done(reply(script.data, script.text));
        else if (script !== 'silent-after-data') done(null, 'OK queued as sink-0001');
      });
    },
  });
  server.server.on('connection', (socket: Socket) => {
    sink.connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('error', () => undefined); // of the connections it was told to drop
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sink: MailSink = {
    port: (server.server.address() as AddressInfo).port,
    mails: [],
    script: 'accept',
    connections: 0,
    close: async () => {
      drop();
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
  return sink;
}

function reply(code: number, text = 'as told'): Error {
  return Object.assign(new Error(text), { responseCode: code });
}
