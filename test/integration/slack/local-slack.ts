import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEmulator } from 'emulate';
import { serveWebSockets, type Connection } from './web-socket-server.ts';

/** A call of the Web API as our Slack recorded it. */
export interface ApiCall {
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What users.info says beside what the emulator knows. */
export type MemberFlags = Readonly<Record<string, unknown>>;

/** An answer to an envelope, `undefined` where none came. */
export interface EnvelopeAnswer {
  readonly payload: unknown;
  readonly ms: number;
}

const NAMES = ['olive', 'dana', 'casey', 'priya', 'omar', 'sam', 'lee', 'ada', 'wren', 'noor'];
const DEAD_MS = 5_000;

/** Bot token, made when it runs: nothing token-shaped stands in a file. */
const bot = ['xoxb', randomBytes(12).toString('hex')].join('-');

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function argsOf(body: string): Record<string, unknown> {
  const entries = [...new URLSearchParams(body)].map(([name, value]) => {
    if (!/^[[{]/.test(value)) return [name, value] as const;
    return [name, JSON.parse(value) as unknown] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * Slack on loopback: the Web API is the emulator's, behind a front that records every call, adds what the emulator does
 * not know (guests, Socket Mode, response URLs), and can be dead.
 */
export class LocalSlack {
  readonly token = bot;
  readonly calls: ApiCall[] = [];
  /** What was posted to response URLs. */
  readonly responses: Readonly<Record<string, unknown>>[] = [];
  /** Member id by person. */
  readonly users: Readonly<Record<string, string>>;
  readonly team: string;
  readonly url: string;
  /** Flags by member id. */
  readonly flags = new Map<string, MemberFlags>();
  /** While true, nothing is answered. */
  isDead = false;
  #socket: Connection | undefined;
  readonly #waiting = new Map<string, (payload: unknown) => void>();
  readonly #server: Server;
  readonly #emulator: { readonly url: string; close(): Promise<void> };
  #envelopes = 0;

  private constructor(
    server: Server,
    emulator: { readonly url: string; close(): Promise<void> },
    known: { readonly users: Record<string, string>; readonly team: string },
  ) {
    this.#server = server;
    this.#emulator = emulator;
    this.users = known.users;
    this.team = known.team;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      void this.#answer(request).then((answer) => {
        if (answer === undefined) request.socket.destroy();
        else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    serveWebSockets(server, (connection) => {
      this.#socket = connection;
      connection.send(JSON.stringify({ type: 'hello', num_connections: 1 }));
      return (text) => {
        const { envelope_id: id, payload } = JSON.parse(text) as { envelope_id: string; payload?: unknown };
        this.#waiting.get(id)?.(payload);
      };
    });
  }

  static async open(): Promise<LocalSlack> {
    const emulator = await createEmulator({
      service: 'slack',
      port: 0,
      seed: {
        tokens: { [bot]: { login: 'firebreak', scopes: [] } },
        slack: {
          team: { name: 'Example Hub', domain: 'example-hub' },
          users: ['firebreak', ...NAMES].map((name) => ({ name, email: `${name}@staff.example.org` })),
        },
      },
    });
    const ask = async (method: string, args: Record<string, string> = {}): Promise<Record<string, unknown>> => {
      const answer = await fetch(`${emulator.url}/api/${method}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bot}` },
        body: new URLSearchParams(args),
      });
      return (await answer.json()) as Record<string, unknown>;
    };
    const { team_id: team } = await ask('auth.test');
    const users: Record<string, string> = {};
    for (const name of NAMES) {
      const { user } = await ask('users.lookupByEmail', { email: `${name}@staff.example.org` });
      users[name] = (user as { id: string }).id;
    }
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new LocalSlack(server, emulator, { users, team: team as string });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#emulator.close();
  }

  /** Asks the Web API as the bot, unrecorded. */
  async api(method: string, args: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>> {
    return this.#forward(method, new URLSearchParams(args).toString());
  }

  /** A trigger of a member, good once and for three seconds as Slack's are. */
  async trigger(user: string, view?: string): Promise<string> {
    const { trigger_id: trigger } = await this.api('views.generateTriggerId', {
      user_id: user,
      ...(view === undefined ? {} : { view_id: view }),
    });
    return trigger as string;
  }

  /** Calls of a method, oldest first. */
  of(method: string): readonly ApiCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** Waits for a Socket Mode connection. */
  async connected(): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!this.#socket) {
      if (Date.now() > deadline) throw new Error('nobody connected');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Ends the web socket, as Slack does every few hours. */
  dropSocket(): void {
    this.#socket?.end();
    this.#socket = undefined;
  }

  /** Delivers an envelope. @returns its answer; `undefined` where none comes within five seconds. */
  async envelope(type: string, payload: unknown, more: object = {}): Promise<EnvelopeAnswer | undefined> {
    await this.connected();
    this.#envelopes += 1;
    const id = `envelope-${this.#envelopes}`;
    const startedAt = performance.now();
    const answer = new Promise<EnvelopeAnswer | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), DEAD_MS);
      this.#waiting.set(id, (taken) => {
        clearTimeout(timer);
        resolve({ payload: taken, ms: performance.now() - startedAt });
      });
    });
    this.#socket!.send(JSON.stringify({ envelope_id: id, type, payload, accepts_response_payload: true, ...more }));
    return answer;
  }

  async #forward(method: string, body: string): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.#emulator.url}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bot}`, 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });
    return (await answer.json()) as Record<string, unknown>;
  }

  async #answer(request: IncomingMessage): Promise<unknown> {
    if (this.isDead) return undefined;
    const body = await bodyOf(request);
    const path = request.url ?? '';
    if (path.startsWith('/respond/')) {
      this.responses.push(JSON.parse(body) as Record<string, unknown>);
      return { ok: true };
    }
    const method = path.replace('/api/', '');
    const args = argsOf(body);
    this.calls.push({ method, args });
    if (method === 'apps.connections.open') return { ok: true, url: `${this.url.replace('http', 'ws')}/link` };
    const answer = await this.#forward(method, body);
    if (method !== 'users.info') return answer;
    return { ...answer, user: { ...(answer['user'] as object), ...this.flags.get(String(args['user'])) } };
  }
}
