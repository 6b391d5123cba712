import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Deliveries, chosen, typed, type Delivered } from '../../demo/world/slack/deliveries.ts';
import { LocalSlack, openSlackParts } from '../../demo/world/slack/local-slack.ts';
import { openSlackDoor, type SlackDoor } from '../../gateway/slack/door.ts';
import type { Attempt, Way, Ways } from './attempts.ts';
import { REASON } from './http-ways.ts';
import { questionFor } from './matrix-playbook.ts';
import { actorOf, CHIEF, type MatrixStand } from './matrix-stand.ts';
import { rights } from './matrix.ts';

const TRIES = 10; // Slack's patience is short: what was not sure yet is delivered again, as people press again
const TOLD_WITHIN_MS = 10_000;

/** What is told at response URLs, each of its own. */
class Told {
  readonly #server: Server;
  readonly #texts = new Map<string, string>();
  #asked = 0;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      request.on('end', () => {
        const path = request.url ?? '';
        this.#texts.set(path, (this.#texts.get(path) ?? '') + body);
        response.end('ok');
      });
    });
  }

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** An address, and what was told there once something was. */
  next(): { readonly url: string; readonly text: () => Promise<string> } {
    this.#asked += 1;
    const path = `/told/${this.#asked}`;
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
    const text = async (): Promise<string> => {
      const deadline = performance.now() + TOLD_WITHIN_MS;
      while (!this.#texts.has(path) && performance.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 10));
      return this.#texts.get(path) ?? '';
    };
    return { url, text };
  }
}

function attemptOf(text: string): Attempt {
  return { code: /\[([A-Z]+_[A-Z_]+)\]/.exec(text)?.[1], text };
}

async function untilSure(deliver: () => Promise<Attempt>): Promise<Attempt> {
  let attempt = await deliver();
  for (let tries = 1; attempt.code === 'GATEWAY_ANSWER_LATE' && tries < TRIES; tries += 1) attempt = await deliver();
  return attempt;
}

/** Slack on loopback with an account for everybody of the matrix; and what the door can be asked for from there. */
export class SlackSide {
  readonly accounts: Readonly<Record<string, string>>;
  readonly #slack: LocalSlack;
  readonly #told = new Told();
  #door: SlackDoor | undefined;

  private constructor(slack: LocalSlack) {
    this.#slack = slack;
    this.accounts = slack.users;
  }

  static async open(): Promise<SlackSide> {
    const people = [...rights.person.map(({ name }) => actorOf('person', name).id), CHIEF.id];
    const token = ['xoxb', randomBytes(12).toString('hex')].join('-');
    const side = new SlackSide(new LocalSlack(await openSlackParts({ token, people })));
    await side.#told.open();
    return side;
  }

  async close(): Promise<void> {
    await this.#door?.close();
    await this.#slack.close();
    this.#told.close();
  }

  /** Opens the door over HTTP, and delivers to it what people do, signed. */
  async ways({ deps }: MatrixStand): Promise<Ways> {
    const signingSecret = randomBytes(16).toString('hex');
    const { team, token, url } = this.#slack;
    this.#door = await openSlackDoor(deps, {
      ...{ team, token, apiUrl: `${url}/api/`, cardsEveryMs: 0 },
      reception: { mode: 'http', signingSecret, host: '127.0.0.1', port: 0 },
    });
    return this.#waysFrom(new Deliveries(this.#slack, { url: this.#door.url!, signingSecret }));
  }

  #waysFrom(from: Deliveries): Ways {
    const text = ({ json }: Delivered): string => JSON.stringify(json);
    const command =
      (words: (lane: Parameters<Way>[1]) => string): Way =>
      ({ id }, lane) => {
        const trigger = `t-${randomBytes(8).toString('hex')}`;
        return untilSure(async () => {
          const told = this.#told.next();
          const said = { trigger_id: trigger, response_url: told.url };
          const answer = text(await from.command(id, words(lane), said));
          return attemptOf(answer.includes('Looking; the answer follows') ? await told.text() : answer);
        });
      };
    const submit =
      (view: (lane: Parameters<Way>[1]) => object, values: (lane: Parameters<Way>[1]) => object): Way =>
      ({ id }, lane) => {
        const form = { id: `V0${randomBytes(8).toString('hex')}`, ...view(lane) };
        return untilSure(async () => attemptOf(text(await from.submit(id, form, values(lane)))));
      };
    const unknown = (words: string): Way => command(({ incident }) => `${words} ${incident} ${REASON}`);
    const declare = submit(
      () => ({ callback_id: 'fb_declare', private_metadata: '{"m":"live"}' }),
      () => ({ playbook: chosen('doors-matrix', 'fb_pick_playbook'), mode: chosen('live') }),
    );

    return {
      start: async (who, lane) => {
        const preview = await declare(who, lane);
        if (preview.code !== undefined) return preview;
        const { view } = JSON.parse(preview.text) as { readonly view: object };
        return submit(
          () => view,
          () => ({}),
        )(who, lane);
      },
      read: command(({ incident }) => `status ${incident}`),
      decide: ({ id }, { incident, gate }) =>
        untilSure(async () => {
          const told = this.#told.next();
          const value = JSON.stringify({ i: incident, g: gate.id, d: gate.digest });
          await from.press(id, { action_id: 'fb_approve', value }, { response_url: told.url });
          return attemptOf(await told.text());
        }),
      fact: submit(
        ({ incident }) => ({ callback_id: 'fb_fact', private_metadata: JSON.stringify({ i: incident }) }),
        ({ incident }) => ({
          fact: chosen('measuresTaken', 'fb_pick_fact'),
          'in:measuresTaken': typed(`${REASON} of ${incident}`),
          confidence: chosen('stated'),
        }),
      ),
      resolve: submit(
        ({ incident, role }) => ({
          callback_id: 'fb_step',
          private_metadata: JSON.stringify({ i: incident, s: questionFor(role) }),
        }),
        () => ({ 'in:natureOfBreach': typed(REASON) }),
      ),
      stop: command(({ incident }) => `stop ${incident} ${REASON}`),
      pause: command(({ incident }) => `pause ${incident} contain ${REASON}`),
      amend: unknown('amend'),
      undo: unknown('undo'),
      resume: unknown('resume'),
      steer: unknown('rollout'),
      export: unknown('export'),
      decode: unknown('decode'),
      hold: unknown('hold'),
      reconcile: unknown('reconcile'),
      audit: unknown('audit'),
      bounce: unknown('bounce'),
    };
  }
}
