import { createHmac } from 'node:crypto';
import type { LocalSlack } from './local-slack.ts';

/** An answer to an envelope of Socket Mode. */
export interface EnvelopeAnswer {
  readonly payload: unknown;
  readonly ms: number;
}

/** How deliveries go out. */
export type Way =
  | {
      /** Where the door takes what Slack posts. */
      readonly url: string;
      readonly signingSecret: string;
    }
  | {
      /** Socket Mode: delivers an envelope. @returns its answer; `undefined` where none comes in time. */
      readonly envelope: (type: string, payload: unknown, more?: object) => Promise<EnvelopeAnswer | undefined>;
    };

/** What the door answered to a delivery. */
export interface Delivered {
  /** HTTP status; 200 for an envelope that was answered, 0 for one that was not. */
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly ms: number;
}

/** How a delivery differs from a good one. */
export interface Twist {
  readonly secret?: string;
  /** Seconds that its time lies off. */
  readonly offS?: number;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Changes the body after it was signed. */
  readonly forge?: (body: string) => string;
  readonly retry?: number;
}

/** Delivers what people do in Slack as Slack does: over HTTP, signed, or over Socket Mode. */
export class Deliveries {
  readonly #slack: LocalSlack;
  readonly #way: Way;

  constructor(slack: LocalSlack, way: Way) {
    this.#slack = slack;
    this.#way = way;
  }

  /** `/firebreak <text>` of a person. */
  async command(
    person: string,
    text: string,
    more: Readonly<Record<string, string>> = {},
    twist: Twist = {},
  ): Promise<Delivered> {
    const user = this.#slack.users[person] ?? person;
    const payload = {
      ...{ command: '/firebreak', text, user_id: user, team_id: this.#slack.team, channel_id: 'C0NOWHERE' },
      trigger_id: more['trigger_id'] ?? (await this.#slack.trigger(user)),
      response_url: `${this.#slack.url}/respond/1`,
      ...more,
    };
    if ('envelope' in this.#way) return this.#envelope(this.#way, 'slash_commands', payload, twist);
    return this.post(new URLSearchParams(payload).toString(), 'application/x-www-form-urlencoded', twist);
  }

  /** A press of a button or a choice in a menu. */
  async press(
    person: string,
    action: object,
    more: Readonly<Record<string, unknown>> = {},
    twist: Twist = {},
  ): Promise<Delivered> {
    const user = this.#slack.users[person] ?? person;
    return this.#interactive(
      {
        type: 'block_actions',
        ...this.#who(user),
        trigger_id: await this.#slack.trigger(user),
        response_url: `${this.#slack.url}/respond/2`,
        container: { type: 'message' },
        channel: { id: 'C0NOWHERE', name: 'nowhere' },
        actions: [{ type: 'button', block_id: 'b', action_ts: '1', ...action }],
        ...more,
      },
      twist,
    );
  }

  /** A modal that is sent off. */
  async submit(person: string, view: object, values: object, twist: Twist = {}): Promise<Delivered> {
    const user = this.#slack.users[person] ?? person;
    const sent = { type: 'modal', id: 'V0TEST', ...view, state: { values } };
    const submission = { type: 'view_submission', ...this.#who(user), trigger_id: 'none', view: sent };
    const taken = await this.#interactive(submission, twist);
    const { response_action: action, view: next } = taken.json;
    const { external_id: pushed } = (next ?? {}) as { readonly external_id?: string };
    if (action === 'push' && pushed !== undefined) this.#slack.pushed.add(pushed);
    return taken;
  }

  /** An event. */
  async event(event: Readonly<Record<string, unknown>>, more: object = {}, twist: Twist = {}): Promise<Delivered> {
    const body = {
      ...{
        type: 'event_callback',
        team_id: this.#slack.team,
        api_app_id: 'A0TEST',
        event_id: 'Ev0TEST',
        event_time: 1,
      },
      event,
      ...more,
    };
    if ('envelope' in this.#way) return this.#envelope(this.#way, 'events_api', body, twist);
    return this.post(JSON.stringify(body), 'application/json', twist);
  }

  #who(user: string): object {
    const { team } = this.#slack;
    return {
      user: { id: user, username: 'x', team_id: team },
      team: { id: team, domain: 'example-hub' },
      api_app_id: 'A0TEST',
    };
  }

  #interactive(payload: object, twist: Twist): Promise<Delivered> {
    if ('envelope' in this.#way) return this.#envelope(this.#way, 'interactive', payload, twist);
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    return this.post(body, 'application/x-www-form-urlencoded', twist);
  }

  async #envelope(
    { envelope }: Extract<Way, { envelope: unknown }>,
    type: string,
    payload: object,
    { retry }: Twist,
  ): Promise<Delivered> {
    const more = retry === undefined ? {} : { retry_attempt: retry, retry_reason: 'timeout' };
    const answer = await envelope(type, payload, more);
    if (!answer) return { status: 0, json: {}, ms: 0 };
    return { status: 200, json: (answer.payload ?? {}) as Record<string, unknown>, ms: answer.ms };
  }

  /** Posts a signed body. */
  async post(
    body: string,
    type: string,
    { secret, offS = 0, headers = {}, forge, retry }: Twist = {},
  ): Promise<Delivered> {
    if ('envelope' in this.#way) throw new TypeError('Socket Mode has no address to post to');
    const { url, signingSecret } = this.#way;
    const at = String(Math.floor(Date.now() / 1_000) + offS);
    const hash = createHmac('sha256', secret ?? signingSecret)
      .update(`v0:${at}:${body}`)
      .digest('hex');
    const all: Record<string, string | undefined> = {
      'content-type': type,
      'x-slack-request-timestamp': at,
      'x-slack-signature': `v0=${hash}`,
      ...(retry === undefined ? {} : { 'x-slack-retry-num': String(retry), 'x-slack-retry-reason': 'http_timeout' }),
      ...headers,
    };
    const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const startedAt = performance.now();
    const answer = await fetch(url, {
      method: 'POST',
      headers: Object.fromEntries(sent),
      body: forge?.(body) ?? body,
    });
    const text = await answer.text();
    const ms = performance.now() - startedAt;
    return {
      status: answer.status,
      json: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
      ms,
    };
  }
}

/** What a text field holds when a modal is sent off. */
export const typed = (value: string) => ({ value: { type: 'plain_text_input', value } });
/** What a menu holds. */
export const chosen = (value: string, action = 'value') => ({
  [action]: { type: 'static_select', selected_option: { value } },
});
/** What a menu of several holds. */
export const severalChosen = (values: readonly string[]) => ({
  value: { type: 'multi_static_select', selected_options: values.map((value) => ({ value })) },
});
/** What a field for a time holds. @param at - ISO 8601 UTC. */
export const timed = (at: string) => ({
  value: { type: 'datetimepicker', selected_date_time: Math.floor(Date.parse(at) / 1_000) },
});
