import { createEmulator } from 'emulate';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startTcpProxy, type TcpFaults, type TcpProxy } from '../../faults/tcp-proxy.ts';
import { startMailSink, type MailSink } from '../../../demo/world/mail-sink.ts';
import { startProvider, type Provider } from '../../faults/provider.ts';

interface Emulated {
  readonly url: string;
  close(): Promise<void>;
}

/** One act that the outside world has seen. */
export interface SeenAct {
  readonly subject: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Staff of the grid. */
export const STAFF = ['casey', 'noor'] as const;
/** Connections over which notices go out. */
export const MAIL_CONNECTIONS = 4;

const REPOSITORY = 'example-hub/forensics';
const secret = (prefix: string): string => [prefix, randomBytes(16).toString('hex')].join('_');

/** The outside world of the grid: what hands act on, with records of its own that the judge reads. */
export class Outside {
  readonly provider: Provider;
  readonly mail: MailSink;
  readonly #mailDoor: TcpProxy;
  readonly #mailFaults: TcpFaults;
  /** Database server whose login roles are credentials. */
  readonly roles: pg.Client;
  readonly #github: Emulated;
  readonly #slack: Emulated;
  readonly #keys: { readonly github: string; readonly slack: string };
  readonly #rolesUrl: string;

  private constructor(parts: {
    readonly provider: Provider;
    readonly mail: MailSink;
    readonly mailDoor: TcpProxy;
    readonly mailFaults: TcpFaults;
    readonly roles: pg.Client;
    readonly github: Emulated;
    readonly slack: Emulated;
    readonly keys: { readonly github: string; readonly slack: string };
    readonly rolesUrl: string;
  }) {
    this.provider = parts.provider;
    this.mail = parts.mail;
    this.#mailDoor = parts.mailDoor;
    this.#mailFaults = parts.mailFaults;
    this.#mailDoor.set(parts.mailFaults);
    this.roles = parts.roles;
    this.#github = parts.github;
    this.#slack = parts.slack;
    this.#keys = parts.keys;
    this.#rolesUrl = parts.rolesUrl;
  }

  /**
   * @param rolesUrl - superuser's URL of a database server.
   * @param mailLatencyMs - every piece to and from the mail server waits that long.
   */
  static async start(rolesUrl: string, mailLatencyMs?: number): Promise<Outside> {
    const keys = { github: secret('ghp'), slack: ['xoxb', randomBytes(12).toString('hex')].join('-') };
    const roles = new pg.Client({ connectionString: rolesUrl });
    roles.on('error', () => undefined); // of a server that is killed
    const [owner = '', name = ''] = REPOSITORY.split('/');
    const [provider, mail, github, slack] = await Promise.all([
      startProvider(),
      startMailSink(0),
      createEmulator({
        service: 'github',
        port: 0,
        seed: {
          tokens: { [keys.github]: { login: 'firebreak-bot', scopes: ['repo'] } },
          github: {
            users: [
              { login: 'firebreak-bot', name: 'Firebreak' },
              { login: owner, name: 'Example Hub' },
            ],
            repos: [{ owner, name, private: false, auto_init: true }],
          },
        },
      }),
      createEmulator({
        service: 'slack',
        port: 0,
        seed: {
          tokens: { [keys.slack]: { login: 'firebreak', scopes: [] } },
          slack: {
            team: { name: 'Example Hub', domain: 'example-hub' },
            users: ['firebreak', ...STAFF].map((one) => ({ name: one, email: `${one}@staff.example.org` })),
          },
        },
      }),
      roles.connect(),
    ]);
    const mailDoor = await startTcpProxy(mail.port);
    return new Outside({
      mailDoor,
      mailFaults: mailLatencyMs === undefined ? {} : { latencyMs: mailLatencyMs },
      provider,
      mail,
      roles,
      github: onLoopback(github),
      slack: onLoopback(slack),
      keys,
      rolesUrl,
    });
  }

  async close(): Promise<void> {
    await Promise.all([
      this.provider.close(),
      this.#github.close(),
      this.#slack.close(),
      this.roles.end().catch(() => undefined),
    ]);
    await this.#mailDoor.close();
    await this.mail.close();
  }

  /** The mail server is away: every connection to it is reset. */
  loseMail(): void {
    this.#mailDoor.set({ reset: true });
    this.#mailDoor.cut();
  }

  /** The mail server is back. */
  restoreMail(): void {
    this.#mailDoor.set(this.#mailFaults);
  }

  /** Environment variables that the configuration refers to. */
  get environment(): Readonly<Record<string, string>> {
    return {
      GRID_GITHUB: this.#keys.github,
      GRID_SLACK: this.#keys.slack,
      GRID_ROLES: this.#rolesUrl,
      GRID_KEY: 'key-of-the-grid',
    };
  }

  /** `connectors:` of the configuration. */
  get connectors(): object {
    const { url } = this.provider;
    const server = { host: '127.0.0.1', port: this.#mailDoor.port };
    return {
      credentials: {
        issuers: {
          own: { use: 'http-issuer', url, read: 'env:GRID_KEY', act: 'env:GRID_KEY' },
          roles: { use: 'postgres-role', url: 'env:GRID_ROLES', read: 'env:GRID_ROLES' },
        },
      },
      people: {
        directory: { use: 'http-directory', url, token: 'env:GRID_KEY' },
        paging: { ...server, from: 'firebreak@staff.example.org' },
      },
      notices: {
        ...{ use: 'smtp', ...server, connections: MAIL_CONNECTIONS, from: 'security@hub.example.org' },
        ...{ bounceDomain: 'bounces.hub.example.org', site: 'hub.example.org', contact: 'privacy@hub.example.org' },
      },
      tickets: {
        use: 'github-issues',
        url: this.#github.url,
        token: 'env:GRID_GITHUB',
        queues: { forensics: REPOSITORY },
      },
      chat: { use: 'slack', url: `${this.#slack.url}/api/`, token: 'env:GRID_SLACK' },
      evidence: {
        sources: {
          audit: { use: 'http-log', url: `${url}/audit`, holdUrl: `${url}/audit/hold`, token: 'env:GRID_KEY' },
        },
      },
      http: { hosts: { things: { url } } },
    };
  }

  /** Calls the emulated GitHub. */
  async github<Answer>(path: string, method = 'GET', body?: object): Promise<Answer> {
    const answer = await fetch(`${this.#github.url}/repos/${REPOSITORY}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#keys.github}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await answer.json()) as Answer;
  }

  /** Calls the emulated Slack. */
  async slack<Answer>(method: string, args: object): Promise<Answer> {
    const answer = await fetch(`${this.#slack.url}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#keys.slack}`, 'content-type': 'application/json' },
      body: JSON.stringify(args),
    });
    return (await answer.json()) as Answer;
  }

  /** The room of that name; its messages, members and topic. */
  async room(name: string): Promise<Room> {
    const types = 'public_channel,private_channel';
    const { channels = [] } = await this.slack<{ channels?: readonly RawRoom[] }>('conversations.list', {
      types,
      limit: 900,
    });
    const found = channels.filter((channel) => channel.name === name);
    const [room] = found;
    if (!room) return { count: 0, messages: [], members: [], topic: '' };
    const { messages = [] } = await this.slack<{ messages?: readonly RawMessage[] }>('conversations.history', {
      channel: room.id,
      limit: 200,
    });
    const { members = [] } = await this.slack<{ members?: readonly string[] }>('conversations.members', {
      channel: room.id,
    });
    return {
      count: found.length,
      messages: messages.filter(({ subtype }) => subtype === undefined),
      members,
      topic: room.topic?.value ?? '',
    };
  }

  /** Member ids of people in the emulated Slack by name. */
  async slackIds(): Promise<ReadonlyMap<string, string>> {
    const { members = [] } = await this.slack<{ members?: readonly { id: string; name: string }[] }>('users.list', {});
    return new Map(members.map(({ id, name }) => [name, id]));
  }
}

interface RawRoom {
  readonly id: string;
  readonly name: string;
  readonly topic?: { readonly value?: string };
}

interface RawMessage {
  readonly ts: string;
  readonly text: string;
  readonly subtype?: string;
}

/** A room as the chat itself has it. */
export interface Room {
  /** Rooms of that name. */
  readonly count: number;
  readonly messages: readonly RawMessage[];
  readonly members: readonly string[];
  readonly topic: string;
}

/** The emulators listen on IPv4 only; `localhost` may resolve to IPv6 first. */
function onLoopback(server: Emulated): Emulated {
  return { url: server.url.replace('//localhost:', '//127.0.0.1:'), close: () => server.close() };
}
