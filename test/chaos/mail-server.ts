import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { MailFault } from './draw-run.ts';
import type { MailEntry } from '../checker/records.ts';

/** A mail server on loopback that keeps what it took and misbehaves to some recipients. */
export interface ChaosMailServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Who is told of each message, and asked what to do to it. */
export interface MailHouse {
  faultOf(recipient: string): MailFault | undefined;
  /** The fault of a recipient has done its work. */
  spent(recipient: string): void;
  /** How long the answer to a message takes, in milliseconds. */
  replyMs(recipient: string): number | undefined;
  took(entry: MailEntry): void;
}

const REPLY_AFTER_MS = 4; // a message is on its way for a while: what kills a worker finds some there

/** One conversation, command by command. */
class Conversation {
  readonly #socket: Socket;
  readonly #house: MailHouse;
  #recipients: string[] = [];
  #isBody = false;
  #pending = '';

  constructor(socket: Socket, house: MailHouse) {
    this.#socket = socket;
    this.#house = house;
    socket.on('error', () => undefined); // a client that was killed resets its connection
    socket.on('data', (chunk: Buffer) => this.#take(chunk.toString('latin1')));
    this.#say('220 chaos.example.org ESMTP');
  }

  #say(reply: string): void {
    this.#socket.write(`${reply}\r\n`);
  }

  #take(text: string): void {
    this.#pending += text;
    for (;;) {
      const end = this.#pending.indexOf(this.#isBody ? '\r\n.\r\n' : '\r\n');
      if (end < 0) return;
      const taken = this.#pending.slice(0, end);
      this.#pending = this.#pending.slice(end + (this.#isBody ? 5 : 2));
      if (this.#isBody) this.#message(taken);
      else this.#command(taken);
    }
  }

  #command(line: string): void {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'MAIL' || verb === 'RSET') this.#recipients = [];
    if (verb === 'RCPT') this.#recipient(/<([^<>]*)>/.exec(line)?.[1] ?? '');
    else if (verb === 'DATA') {
      this.#isBody = true;
      this.#say('354 go on');
      if (this.#fault() === 'lost') this.#lose();
    } else if (verb === 'QUIT') this.#socket.end('221 bye\r\n');
    else this.#say('250 ok');
  }

  #fault(): MailFault | undefined {
    return this.#recipients.map((one) => this.#house.faultOf(one)).find((fault) => fault !== undefined);
  }

  #recipient(address: string): void {
    const fault = this.#house.faultOf(address);
    if (fault === 'no-mailbox') this.#say('550 5.1.1 no such mailbox');
    else if (fault === 'unusable') {
      this.#house.spent(address);
      this.#say('421 4.3.2 come back');
    } else {
      this.#recipients.push(address);
      this.#say('250 ok');
    }
  }

  #message(body: string): void {
    this.#isBody = false;
    const fault = this.#fault();
    if (fault === 'lost') return; // whatever came of it is not taken
    const id = /^message-id:\s*(\S+)/im.exec(body)?.[1] ?? '';
    this.#house.took({ at: new Date().toISOString(), id, recipients: this.#recipients });
    if (fault === 'taken-then-lost') this.#lose();
    else
      setTimeout(() => this.#say('250 2.0.0 taken'), this.#house.replyMs(this.#recipients[0] ?? '') ?? REPLY_AFTER_MS);
  }

  #lose(): void {
    const recipients = this.#recipients;
    setTimeout(() => {
      for (const recipient of recipients) this.#house.spent(recipient);
      this.#socket.resetAndDestroy();
    }, REPLY_AFTER_MS);
  }
}

/** Starts the server on a free port. */
export async function startMailServer(house: MailHouse): Promise<ChaosMailServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    new Conversation(socket, house);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
