import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEmulator } from 'emulate';

/** A call of the Web API as Slack took it. */
export interface ApiCall {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** What was answered. */
  readonly answer: Readonly<Record<string, unknown>>;
}

/** How Slack fares: `refused` breaks every connection, `hangs` never answers, `limited` answers 429. */
export const slackMoods = ['alive', 'refused', 'hangs', 'limited'] as const;

/** One of {@link slackMoods}. */
export type SlackMood = (typeof slackMoods)[number];

/** What a local Slack begins with. */
export interface SlackSeed {
  /** Bot token. */
  readonly token: string;
  /** Members of the workspace by name, each with the address `<name>@staff.example.org`. */
  readonly people: readonly string[];
}

/** What stands behind the front: the emulator, and whom it knows. */
export interface SlackParts {
  readonly token: string;
  readonly server: Server;
  readonly emulator: { readonly url: string; close(): Promise<void> };
  readonly users: Readonly<Record<string, string>>;
  readonly team: string;
}

const RETRY_AFTER_S = 30;

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

/** Asks the emulator; it takes POST only, as the real one's client sends. */
async function askEmulator(url: string, token: string, method: string, body: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/api/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
  return (await answer.json()) as Record<string, unknown>;
}

/** Brings up what a local Slack stands on, on free ports. */
export async function openSlackParts({ token, people }: SlackSeed): Promise<SlackParts> {
  const emulator = await createEmulator({
    service: 'slack',
    port: 0,
    seed: {
      tokens: { [token]: { login: 'firebreak', scopes: [] } },
      slack: {
        team: { name: 'Example Hub', domain: 'example-hub' },
        users: ['firebreak', ...people].map((name) => ({ name, email: `${name}@staff.example.org` })),
      },
    },
  });
  const { team_id: team } = await askEmulator(emulator.url, token, 'auth.test', '');
  const users: Record<string, string> = {};
  for (const name of people) {
    const asked = new URLSearchParams({ email: `${name}@staff.example.org` }).toString();
    const { user } = await askEmulator(emulator.url, token, 'users.lookupByEmail', asked);
    users[name] = (user as { readonly id: string }).id;
  }
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { token, server, emulator, users, team: team as string };
}

/**
 * Slack on loopback: the Web API is the emulator's (code that we did not write), behind a front that records every call,
 * takes what is posted to response URLs, and can be dead.
 */
export class LocalSlack {
  readonly token: string;
  readonly calls: ApiCall[] = [];
  /** What was posted to response URLs. */
  readonly responses: Readonly<Record<string, unknown>>[] = [];
  /** Member id by person. */
  readonly users: Readonly<Record<string, string>>;
  readonly team: string;
  /** Of the front. */
  readonly url: string;
  mood: SlackMood = 'alive';
  /** External ids of views that were given as the answer to a form: the emulator does not hear of those. */
  readonly pushed = new Set<string>();
  readonly #server: Server;
  readonly #emulator: SlackParts['emulator'];

  constructor({ token, server, emulator, users, team }: SlackParts) {
    this.#server = server;
    this.#emulator = emulator;
    [this.token, this.users, this.team] = [token, users, team];
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#emulator.close();
  }

  /** Asks the Web API as the bot, unrecorded. */
  async api(method: string, args: Readonly<Record<string, string>> = {}): Promise<Record<string, unknown>> {
    return askEmulator(this.#emulator.url, this.token, method, new URLSearchParams(args).toString());
  }

  /** A trigger of a member, good once and for three seconds as Slack's are. */
  async trigger(user: string): Promise<string> {
    const { trigger_id: trigger } = await this.api('views.generateTriggerId', { user_id: user });
    return trigger as string;
  }

  /** Calls of a method, oldest first. */
  of(method: string): readonly ApiCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  /** Answers a call; who adds to what the emulator knows does it here. */
  protected answerTo(
    method: string,
    args: Readonly<Record<string, unknown>>,
    body: string,
  ): Promise<Record<string, unknown>> {
    const { external_id: pushed, view } = args;
    if (method === 'views.update' && typeof pushed === 'string' && this.pushed.has(pushed))
      return Promise.resolve({ ok: true, view });
    return askEmulator(this.#emulator.url, this.token, method, body);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    if (this.mood === 'hangs') return;
    if (this.mood === 'refused') {
      request.socket.destroy();
      return;
    }
    const say = (status: number, answer: object, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(answer));
    };
    const path = request.url ?? '';
    if (this.mood === 'limited') {
      say(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(RETRY_AFTER_S) });
    } else if (path.startsWith('/respond/')) {
      this.responses.push(JSON.parse(body) as Record<string, unknown>);
      say(200, { ok: true });
    } else {
      const [method, args] = [path.replace('/api/', ''), argsOf(body)];
      const at = new Date().toISOString();
      const answer = await this.answerTo(method, args, body);
      this.calls.push({ at, method, args, answer });
      say(200, answer);
    }
  }
}
