import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** What the server does to a conversation; one row of the mail window each. */
export type SmtpScript =
  /** Takes the message: 250 after the dot. */
  | { readonly at: 'accept' }
  /** Says a code at RCPT: 450 greylists, 550 refuses. */
  | { readonly at: 'rcpt'; readonly code: number }
  /** Says a code at DATA: 451 defers. */
  | { readonly at: 'data'; readonly code: number }
  /** Says a code after the dot, without having taken the message: 451 and 421 defer, 554 refuses. */
  | { readonly at: 'dot'; readonly code: number }
  /** Breaks the connection at DATA. */
  | { readonly at: 'cut-at-data' }
  /** Breaks it in the middle of the body. */
  | { readonly at: 'cut-in-body' }
  /** Takes the message, then breaks the connection without a word. */
  | { readonly at: 'cut-after-dot' }
  /** Takes the message and says nothing more. */
  | { readonly at: 'silence-after-dot' }
  /** Takes the message, says 250 and resets the connection in the same breath. */
  | { readonly at: 'reset-after-250' }
  /** Greets only after that long, in milliseconds. */
  | { readonly at: 'slow-banner'; readonly ms: number };

/** A message that the server really took. */
export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
}

/** An SMTP server on loopback that plays scripts and writes down what it really took. */
export interface ScriptedSmtp {
  readonly port: number;
  /** In order. */
  readonly taken: readonly TakenMail[];
  readonly connections: number;
  /** Plays a script once, for the next conversation that comes to its place; several queue up. Then it accepts again. */
  play(script: SmtpScript): void;
  close(): Promise<void>;
}

const BODY_END = '\r\n.\r\n';
const CUT_IN_BODY_BYTES = 2_048; // so much of a body is read before it breaks

/** Draws the next script if it plays at one of these places. */
type Draw = (...places: readonly SmtpScript['at'][]) => SmtpScript | undefined;

/** One conversation. */
class Conversation {
  readonly #socket: Socket;
  readonly #next: Draw;
  readonly #take: (mail: TakenMail) => void;
  #buffer = '';
  #inBody: SmtpScript | undefined | false = false;
  #from = '';
  #to: string[] = [];

  constructor(socket: Socket, next: Draw, take: (mail: TakenMail) => void) {
    this.#socket = socket;
    this.#next = next;
    this.#take = take;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.#buffer += chunk.toString('latin1');
      this.#read();
    });
  }

  greet(): void {
    const script = this.#next('slow-banner');
    const ms = script?.at === 'slow-banner' ? script.ms : 0;
    setTimeout(() => this.#say('220 scripted.example ESMTP'), ms).unref();
  }

  #say(line: string): void {
    if (!this.#socket.destroyed) this.#socket.write(`${line}\r\n`);
  }

  #read(): void {
    for (;;) {
      if (this.#inBody !== false) {
        if (!this.#body(this.#inBody)) return;
        continue;
      }
      const end = this.#buffer.indexOf('\r\n');
      if (end < 0) return;
      const line = this.#buffer.slice(0, end);
      this.#buffer = this.#buffer.slice(end + 2);
      this.#command(line);
    }
  }

  #command(line: string): void {
    const verb = line.slice(0, 4).toUpperCase();
    const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
    if (verb === 'EHLO' || verb === 'HELO') return this.#say('250 scripted.example');
    if (verb === 'MAIL') {
      [this.#from, this.#to] = [address, []];
      return this.#say('250 ok');
    }
    if (verb === 'RCPT') {
      const script = this.#next('rcpt');
      if (script?.at === 'rcpt') return this.#say(`${script.code} as told`);
      this.#to.push(address);
      return this.#say('250 ok');
    }
    if (verb === 'DATA') return this.#data();
    if (verb === 'QUIT') {
      this.#say('221 bye');
      return void this.#socket.end();
    }
    this.#say('250 ok');
  }

  #data(): void {
    const script = this.#next(
      'data',
      'cut-at-data',
      'cut-in-body',
      'dot',
      'cut-after-dot',
      'silence-after-dot',
      'reset-after-250',
    );
    if (script?.at === 'data') return this.#say(`${script.code} as told`);
    if (script?.at === 'cut-at-data') return void this.#socket.destroy();
    this.#inBody = script;
    this.#say('354 go on');
  }

  /** @returns whether the body has ended and commands follow. */
  #body(script: SmtpScript | undefined): boolean {
    if (script?.at === 'cut-in-body' && this.#buffer.length >= CUT_IN_BODY_BYTES) {
      this.#socket.destroy();
      return false;
    }
    const end = this.#buffer.indexOf(BODY_END);
    if (end < 0) return false;
    const raw = this.#buffer.slice(0, end + 2);
    this.#buffer = this.#buffer.slice(end + BODY_END.length);
    this.#inBody = false;
    this.#ended(script, raw);
    return true;
  }

  #ended(script: SmtpScript | undefined, raw: string): void {
    if (script?.at === 'dot') {
      this.#say(`${script.code} as told`);
      if (script.code === 421) this.#socket.end();
      return;
    }
    this.#take({ from: this.#from, to: this.#to, raw });
    if (script?.at === 'silence-after-dot') return;
    if (script?.at === 'cut-after-dot') return void this.#socket.destroy();
    this.#say('250 taken');
    if (script?.at === 'reset-after-250') setImmediate(() => this.#socket.resetAndDestroy());
  }
}

/** Starts the server on a free port. */
export async function startScriptedSmtp(): Promise<ScriptedSmtp> {
  const taken: TakenMail[] = [];
  const scripts: SmtpScript[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const next: Draw = (...places) => (scripts[0] && places.includes(scripts[0].at) ? scripts.shift() : undefined);
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    new Conversation(socket, next, (mail) => taken.push(mail)).greet();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    taken,
    get connections() {
      return connections;
    },
    play: (script) => {
      if (script.at !== 'accept') scripts.push(script);
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
