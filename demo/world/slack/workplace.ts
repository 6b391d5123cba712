import type { IncomingMessage } from 'node:http';
import { Deliveries, type Delivered } from './deliveries.ts';
import { slackMoods, type ApiCall, type LocalSlack, type SlackMood } from './local-slack.ts';

/** Something that a person does in Slack. */
export type SlackAct =
  | { readonly kind: 'command'; readonly person: string; readonly text: string }
  | {
      readonly kind: 'press';
      readonly person: string;
      readonly action: object;
      readonly more?: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'submit'; readonly person: string; readonly view: object; readonly values: object };

/** An act, and what the door made of it. */
export interface ActRecord {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly act: SlackAct;
  readonly answer: Delivered;
}

/** What Slack has seen since a call. */
export interface SlackSeen {
  readonly calls: readonly ApiCall[];
  /** What was posted to response URLs, all of it. */
  readonly responses: readonly Readonly<Record<string, unknown>>[];
}

const ACT_MAX_BYTES = 64 * 1024;

async function readAct(request: IncomingMessage): Promise<SlackAct> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ACT_MAX_BYTES) throw new RangeError('an act is short');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as SlackAct;
}

/** Where the demo's people work with Slack: what they do is delivered as Slack delivers it, and kept with the answer. */
export class SlackWorkplace {
  readonly slack: LocalSlack;
  /** Everything that was done, oldest first. */
  readonly acts: ActRecord[] = [];
  readonly #deliveries: Deliveries | undefined;

  /** @param door - where deliveries go; `undefined`: the house has no Slack door. */
  constructor(slack: LocalSlack, door: { readonly url: string; readonly signingSecret: string } | undefined) {
    this.slack = slack;
    this.#deliveries = door && new Deliveries(slack, door);
  }

  /** The longest that a delivery waited for its acknowledgement, milliseconds; 0 where nothing was delivered. */
  slowestAckMs(): number {
    return Math.round(Math.max(0, ...this.acts.map(({ answer }) => answer.ms)));
  }

  /**
   * Answers the control's paths under `/slack/`: `calls?after=N`, `mood?is=`, and what people do by POST to `act`.
   *
   * @returns `undefined` for what is no path of these.
   */
  async answer(request: IncomingMessage, url: URL): Promise<object | undefined> {
    switch (url.pathname) {
      case '/slack/calls':
        return this.#seen(Number(url.searchParams.get('after') ?? '0'));
      case '/slack/mood': {
        const mood = slackMoods.find((one) => one === url.searchParams.get('is'));
        return mood && this.#fare(mood);
      }
      case '/slack/act':
        return request.method === 'POST' ? this.#act(await readAct(request)) : undefined;
      default:
        return undefined;
    }
  }

  #seen(after: number): SlackSeen {
    return { calls: this.slack.calls.slice(after), responses: this.slack.responses };
  }

  #fare(mood: SlackMood): object {
    this.slack.mood = mood;
    return { mood };
  }

  async #act(act: SlackAct): Promise<Delivered> {
    if (!this.#deliveries) throw new TypeError('there is no Slack door');
    const at = new Date().toISOString();
    const answer = await this.#deliver(this.#deliveries, act);
    this.acts.push({ at, act, answer });
    return answer;
  }

  #deliver(deliveries: Deliveries, act: SlackAct): Promise<Delivered> {
    switch (act.kind) {
      case 'command':
        return deliveries.command(act.person, act.text);
      case 'press':
        return deliveries.press(act.person, act.action, act.more);
      case 'submit':
        return deliveries.submit(act.person, act.view, act.values);
    }
  }
}
