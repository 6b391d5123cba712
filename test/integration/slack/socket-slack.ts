import { randomBytes } from 'node:crypto';
import { LocalSlack, openSlackParts, type SlackParts } from '../../../demo/world/slack/local-slack.ts';
import { serveWebSockets, type Connection } from './web-socket-server.ts';
import type { EnvelopeAnswer } from '../../../demo/world/slack/deliveries.ts';

/** What users.info says beside what the emulator knows. */
type MemberFlags = Readonly<Record<string, unknown>>;

const NAMES = ['olive', 'dana', 'casey', 'priya', 'omar', 'sam', 'lee', 'ada', 'wren', 'noor'];
const DEAD_MS = 5_000;

/** The local Slack with what only tests need: Socket Mode, guests, other workspaces. */
export class SocketSlack extends LocalSlack {
  /** Flags by member id. */
  readonly flags = new Map<string, MemberFlags>();
  #socket: Connection | undefined;
  readonly #waiting = new Map<string, (payload: unknown) => void>();
  #envelopes = 0;

  private constructor(parts: SlackParts) {
    super(parts);
    serveWebSockets(parts.server, (connection) => {
      this.#socket = connection;
      connection.send(JSON.stringify({ type: 'hello', num_connections: 1 }));
      return (text) => {
        const { envelope_id: id, payload } = JSON.parse(text) as { envelope_id: string; payload?: unknown };
        this.#waiting.get(id)?.(payload);
      };
    });
  }

  static async open(): Promise<SocketSlack> {
    const token = ['xoxb', randomBytes(12).toString('hex')].join('-'); // made when it runs: nothing token-shaped stands in a file
    return new SocketSlack(await openSlackParts({ token, people: NAMES }));
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

  protected override async answerTo(
    method: string,
    args: Readonly<Record<string, unknown>>,
    body: string,
  ): Promise<Record<string, unknown>> {
    if (method === 'apps.connections.open') return { ok: true, url: `${this.url.replace('http', 'ws')}/link` };
    const answer = await super.answerTo(method, args, body);
    if (method !== 'users.info') return answer;
    return { ...answer, user: { ...(answer['user'] as object), ...this.flags.get(String(args['user'])) } };
  }
}
