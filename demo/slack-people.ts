import { setTimeout as pause } from 'node:timers/promises';
import type { GateStatus } from '../contracts/messages.ts';
import { chosen, severalChosen, timed, typed, type Delivered } from './world/slack/deliveries.ts';
import type { ApiCall } from './world/slack/local-slack.ts';
import type { SlackAct, SlackSeen } from './world/slack/workplace.ts';

/** What somebody declares in Slack. */
export interface Declared {
  readonly playbook: string;
  readonly store: string;
  /** ISO 8601 UTC. */
  readonly detectedAt: string;
  /** Person ids by role. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
}

interface View {
  readonly id?: string;
  readonly callback_id: string;
  readonly private_metadata: string;
  readonly external_id?: string;
  readonly blocks: readonly { readonly block_id?: string }[];
}

/** What a button carries that approves. */
interface Approval {
  readonly i?: string;
  readonly g?: string;
  readonly d?: string;
}

interface Button {
  readonly action_id?: string;
  readonly value?: string;
}

const COMES_WITHIN_MS = 60_000; // cards are looked for every few seconds, and two cores are busy
const LOOK_EVERY_MS = 200;
const OPENINGS_MAX = 4;

/** What is entered into the form of a start: a value for each of its fields that we know. */
function filledIn({ blocks }: View, { playbook, store, detectedAt, roles }: Declared): object {
  const known: Readonly<Record<string, object>> = {
    playbook: chosen(playbook, 'fb_pick_playbook'),
    'in:store': typed(store),
    'in:detected': timed(detectedAt),
    mode: chosen('live'),
    ...Object.fromEntries(Object.entries(roles).map(([role, people]) => [`role:${role}`, severalChosen(people)])),
  };
  const ids = blocks.flatMap(({ block_id: id }) => id ?? []);
  return Object.fromEntries(ids.filter((id) => Object.hasOwn(known, id)).map((id) => [id, known[id]]));
}

/** What a preview has read: `120 credentials`. */
function readings(text: string): readonly string[] {
  return [...text.matchAll(/: \*(\d+)\* ([a-z]+)/g)].map(([, count, kind]) => `${count} ${kind}`);
}

/** The values of the buttons of a message that approve. */
function approvals({ blocks }: Readonly<Record<string, unknown>>): readonly string[] {
  const rows = (Array.isArray(blocks) ? blocks : []) as readonly { readonly elements?: readonly Button[] }[];
  return rows
    .flatMap(({ elements = [] }) => elements)
    .flatMap(({ action_id: action, value }) => (action === 'fb_approve' && value !== undefined ? [value] : []));
}

/** The demo's people at work in Slack: they type, fill in forms, read cards and press their buttons. */
export class SlackPeople {
  readonly #control: string;
  readonly #users: Readonly<Record<string, string>>;
  readonly #say: (line: string) => void;

  /**
   * @param control - URL of the world's control.
   * @param users - member id by person.
   */
  constructor(control: string, users: Readonly<Record<string, string>>, say: (line: string) => void) {
    this.#control = control;
    this.#users = users;
    this.#say = say;
  }

  /**
   * Types `/firebreak declare`, picks the playbook, fills in its form, looks at the preview and starts what it shows.
   *
   * @returns the incident, and how long the start waited for its acknowledgement.
   */
  async declare(person: string, asked: Declared): Promise<{ readonly incident: string; readonly ackMs: number }> {
    const { form: first, id } = await this.#openForm(person);
    this.#say(`${person} types /firebreak declare`);
    const pick = { type: 'static_select', action_id: 'fb_pick_playbook', selected_option: { value: asked.playbook } };
    await this.#act({
      ...{ kind: 'press', person, action: pick },
      more: { view: { ...first, type: 'modal' }, container: { type: 'view', view_id: id } },
    });
    const shown = await this.#called('views.update', ({ args }) => args['view_id'] === id);
    const form = { ...(shown.args['view'] as View), id };
    const pushed = await this.#act({ kind: 'submit', person, view: form, values: filledIn(form, asked) });
    const preview = pushed.json['view'] as View | undefined;
    if (preview?.external_id === undefined) throw new Error(`the form was answered ${JSON.stringify(pushed.json)}`);
    this.#say(`${person} fills in the form, and waits for its preview`);
    const counted = await this.#called('views.update', ({ args }) => args['external_id'] === preview.external_id);
    this.#say(`  the preview read ${readings(JSON.stringify(counted.args)).join(', ')}; ${person} starts it`);
    const started = await this.#act({ kind: 'submit', person, view: { ...preview, id: `${id}-preview` }, values: {} });
    const incident = /INC-\d{4}-\d{1,9}/.exec(JSON.stringify(started.json['view'] ?? {}))?.[0];
    if (incident === undefined) throw new Error(`the start was answered ${JSON.stringify(started.json)}`);
    return { incident, ackMs: Math.round(started.ms) };
  }

  /** Types the command, again where its form did not open: a trigger lives three seconds, and the machine may be busy. */
  async #openForm(person: string): Promise<{ readonly form: View; readonly id: string }> {
    for (let opened = 0; opened < OPENINGS_MAX; opened += 1) {
      await this.#act({ kind: 'command', person, text: 'declare' });
      const { args, answer } = await this.#called('views.open', (_call, nth) => nth >= opened);
      const { id } = (answer['view'] ?? {}) as { readonly id?: string };
      if (id !== undefined) return { form: { ...(args['view'] as View), id }, id };
    }
    throw new Error(`the form of a start did not open in ${OPENINGS_MAX} tries`);
  }

  /** Waits for the card of a gate in the direct messages of a person, and presses Approve on it. */
  async approve(person: string, incident: string, { id, digest }: GateStatus): Promise<void> {
    const isMine = ({ args }: ApiCall): boolean => args['users'] === this.#users[person];
    const { answer } = await this.#called('conversations.open', isMine);
    const { id: channel } = answer['channel'] as { readonly id: string };
    const isOfGate = (value: string): boolean => {
      const { i, g, d } = JSON.parse(value) as Approval;
      return i === incident && g === id && d === digest;
    };
    const isCard = ({ args }: ApiCall): boolean => args['channel'] === channel && approvals(args).some(isOfGate);
    const card = await this.#called('chat.postMessage', isCard);
    const value = approvals(card.args).find(isOfGate)!;
    const { status } = await this.#act({
      ...{ kind: 'press', person, action: { action_id: 'fb_approve', value } },
      more: {
        channel: { id: channel, name: 'directmessage' },
        container: { type: 'message', message_ts: card.answer['ts'] },
      },
    });
    if (status !== 200) throw new Error(`the press of ${person} at ${id} was answered ${status}`);
  }

  /** Waits for a call that Slack got. */
  async #called(method: string, isIt: (call: ApiCall, nth: number) => boolean = () => true): Promise<ApiCall> {
    const deadline = Date.now() + COMES_WITHIN_MS;
    for (;;) {
      const { calls } = await this.#ask<SlackSeen>('/slack/calls?after=0');
      const found = calls.filter((call) => call.method === method).findLast(isIt);
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`Slack got no ${method} within ${COMES_WITHIN_MS} ms`);
      await pause(LOOK_EVERY_MS);
    }
  }

  #act(act: SlackAct): Promise<Delivered> {
    return this.#ask('/slack/act', act);
  }

  async #ask<Answer>(path: string, body?: object): Promise<Answer> {
    const answer = await fetch(`${this.#control}${path}`, body ? { method: 'POST', body: JSON.stringify(body) } : {});
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }
}
