import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorEntry, isCodedError } from '../../contracts/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import { namedNotice } from './return-path.ts';
import { REPORT_MAX_BYTES, takeBounce } from './bounces.ts';
import type { AddressInfo } from 'node:net';
import type { Ledger } from '../../ledger/ports.ts';

const LOOPBACK = '127.0.0.1';
/** Another worker of this machine listens: we look again whether it still does. */
const PORT_RETRY_MS = 5_000;
const CLIENTS_MAX = 50; // bounces of a large round come over few connections
const SOCKET_TIMEOUT_MS = 30_000;

/** Where bounces arrive. */
export interface BounceDoor {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Largest message, in bytes. */
  readonly maxBytes: number;
}

/** Schema of `connectors.notices.bounces`. */
export const bounceDoorSchema: Json = {
  type: 'object',
  additionalProperties: false,
  required: ['port'],
  properties: {
    host: { type: 'string', minLength: 1, maxLength: 253, description: 'Address to listen on; default 127.0.0.1' },
    port: { type: 'integer', minimum: 0, maximum: 65_535 },
    maxBytes: { type: 'integer', minimum: 4_096, maximum: REPORT_MAX_BYTES, description: 'Largest message' },
  },
};

/** The door that a configuration asks for; `undefined` where it asks for none. */
export function bounceDoorOf({ bounces }: JsonObject): BounceDoor | undefined {
  if (!isJsonObject(bounces)) return undefined;
  const { host, port, maxBytes } = bounces;
  return {
    host: typeof host === 'string' ? host : LOOPBACK,
    port: Number(port),
    maxBytes: Number(maxBytes ?? REPORT_MAX_BYTES),
  };
}

/** A mail server that takes bounces and nothing else. */
export interface BounceListener {
  /** Port it listens on, once it does. */
  readonly port: Promise<number>;
  close(): Promise<void>;
}

/**
 * Listens for what comes back to the envelope senders of notices.
 *
 * Only an address that carries our tag is a recipient; for any other the answer is 550, before a byte of the message. A
 * report that changes nothing is taken all the same (250): the sender must not repeat it. 451 asks for it again: the ledger is
 * away, or the notice has no outcome yet.
 *
 * @param log - told what could not be taken; no address in it.
 */
export function listenForBounces(door: BounceDoor, ledger: Ledger, log: (line: string) => void): BounceListener {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'], // for a mail server of our own that relays here; none of it is confidential
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: false,
    logger: false,
    size: door.maxBytes,
    maxClients: CLIENTS_MAX,
    socketTimeout: SOCKET_TIMEOUT_MS,
    onRcptTo: ({ address }, { envelope }, done) => {
      if (envelope.rcptTo.length > 0) done(reply(452, '4.5.3 one recipient a message'));
      else if (namedNotice(ledger.incidents, address)) done();
      else done(reply(550, '5.1.1 no notice of ours'));
    },
    onData: (stream, session, done) => {
      void take(stream, session, door, ledger).then(
        (said) => {
          done(null, said);
        },
        (error: unknown) => {
          const refusal = refusalOf(error);
          if (refusal.responseCode >= 500) log(`a message at the bounce door was refused: ${refusal.message}`);
          done(refusal);
        },
      );
    },
  });
  server.on('error', () => undefined); // of single connections; a port that is taken is answered below
  const closing = new AbortController();
  const port = listen(server, door, closing.signal, log);
  port.catch(() => undefined); // closed before it could listen
  return {
    port,
    close: async () => {
      closing.abort();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

async function take(
  stream: SMTPServerDataStream,
  { envelope }: SMTPServerSession,
  { maxBytes }: BounceDoor,
  ledger: Ledger,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk); // read to its end, or the client never hears why
  }
  if (size > maxBytes) throw reply(552, '5.3.4 longer than any report on a notice');
  const [{ address: recipient } = { address: '' }] = envelope.rcptTo;
  const { action } = await takeBounce(Buffer.concat(chunks), { ledger, recipient });
  return `2.0.0 noted as ${action}`;
}

/** What the server says to a report that was not taken; a repeat is no failure of the sender's. */
function refusalOf(error: unknown): Error & { readonly responseCode: number } {
  if (error instanceof Error && 'responseCode' in error) return error as Error & { responseCode: number };
  if (!isCodedError(error)) return reply(451, '4.3.0 not now');
  if (error.code === 'NOTICE_BOUNCE_REPEATED') return reply(250, '2.0.0 noted before');
  const isForLater = errorEntry(error.code).kind === 'retryable';
  return isForLater ? reply(451, `4.3.0 ${error.code}`) : reply(554, `5.6.0 ${error.code}`);
}

function reply(responseCode: number, text: string): Error & { readonly responseCode: number } {
  return Object.assign(new Error(text), { responseCode });
}

/** Takes the port; while another worker of this machine has it, waits for it to go. */
async function listen(
  server: SMTPServer,
  { host, port }: BounceDoor,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<number> {
  for (let isFirst = true; ; isFirst = false) {
    const failed = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
      server.server.once('error', resolve);
      server.listen(port, host, () => {
        server.server.off('error', resolve);
        resolve(undefined);
      });
    });
    if (!failed) return (server.server.address() as AddressInfo).port;
    if (isFirst) log(`bounces: port ${port} on ${host} cannot be used (${failed.code ?? 'unknown'}); tried again`);
    await sleep(PORT_RETRY_MS, undefined, { signal });
  }
}
