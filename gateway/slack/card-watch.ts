import { createHash } from 'node:crypto';
import type { IncidentView } from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { Plan } from '../../contracts/plan.ts';
import type { IncidentRow } from '../../ledger/ports.ts';
import { asCoded } from '../http/problem.ts';
import { readStatus } from '../incident-view.ts';
import { say, type SlackMessage } from './blocks.ts';
import { askCard, gateCard } from './cards.ts';
import type { SlackHouse } from './house.ts';
import { waitingFor } from './home.ts';
import { roleCard } from './role-card.ts';
import type { Turn } from './turn.ts';

const EVENT_TYPE = 'firebreak_card'; // tells them from what the incident itself posts
const HISTORY = 200; // messages in which a card of ours is looked for after a restart
const NAGS_MAX = 3; // messages to one person about one thing, the first included
const NAG_UNDATED_MS = 4 * 3_600_000; // between two about something without a time
const KEY_CHARS = 32;
const POST_TAKES_MS = 3_000; // at most: after that Slack has it, or never gets it
const POSTED_MAX = 20_000; // cards remembered

interface Posted {
  readonly channel: string;
  readonly ts: string;
  drawn: string;
  /** What it is about; absent for a card of an earlier life of this process until it is drawn again. */
  about?: { readonly incident: string; readonly key: string; readonly title: string };
}

/** The turn to post, as far as posting asks it. */
export type PostingTurn = Pick<Turn, 'gains' | 'isMineFor' | 'take'>;

/** Something that waits, with its card. */
interface Waiting {
  /** Names it, opaquely: everybody in the workspace can read a message's metadata. */
  readonly key: string;
  readonly card: SlackMessage;
  readonly openedAt: string;
  readonly dueAt: string | undefined;
  /** Whether it may be posted: what has ended is only drawn anew. */
  readonly isOpen: boolean;
}

function keyOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, KEY_CHARS);
}

/** How often a person has been due to be told of something by now: at once, after half of the time, after three quarters. */
export function nagsDue({ openedAt, dueAt }: Pick<Waiting, 'openedAt' | 'dueAt'>, nowMs: number): number {
  const from = Date.parse(openedAt);
  if (dueAt === undefined) return Math.min(NAGS_MAX, 1 + Math.max(0, Math.floor((nowMs - from) / NAG_UNDATED_MS)));
  const share = (nowMs - from) / Math.max(1, Date.parse(dueAt) - from);
  return 1 + (share >= 0.5 ? 1 : 0) + (share >= 0.75 ? 1 : 0);
}

function gatesOf({ incident, mode, gates }: IncidentView): readonly Waiting[] {
  return gates.map((gate) => ({
    key: keyOf(incident, gate.id, gate.digest),
    card: gateCard(incident, mode, gate),
    openedAt: gate.openedAt,
    dueAt: gate.expiresAt,
    isOpen: gate.state === 'open',
  }));
}

function asksOf(view: IncidentView): readonly Waiting[] {
  return view.asks.map((ask) => ({
    key: keyOf(view.incident, ask.step, ask.openedAt),
    card: askCard(view, ask),
    openedAt: ask.openedAt,
    dueAt: ask.dueAt,
    isOpen: true,
  }));
}

/**
 * Posts the cards of what waits: into the incident's room, and to each person who is asked by direct message, at most
 * three times a thing. Cards are known again by an opaque key in their metadata, so a gateway that restarts posts none
 * twice; of several gateways that posts whose turn it is. Live incidents only: a drill sends nothing. Whatever fails is tried again at the
 * next look; nothing waits for it.
 */
export class CardWatch {
  readonly #house: SlackHouse;
  readonly #turn: PostingTurn;
  readonly #posted = new Map<string, Posted>();
  readonly #read = new Set<string>(); // channels whose history was looked through
  readonly #direct = new Map<string, string>(); // member id to channel
  #gains = 0;
  readonly #plans = new Map<string, Plan>(); // few: one a playbook and configuration

  /** @param turn - to post: whoever has it posts. */
  constructor(house: SlackHouse, turn: PostingTurn) {
    this.#house = house;
    this.#turn = turn;
  }

  /** Looks once. Never throws. */
  async look(): Promise<void> {
    if (this.#posted.size > POSTED_MAX) this.#forget();
    const rows = await this.#try('incidents', () => this.#house.rooms.open());
    for (const row of rows ?? []) {
      if (row.mode !== 'live') continue;
      if ((await this.#try('turn', () => this.#turn.take())) !== true) return;
      if (this.#gains !== this.#turn.gains) this.#forget(); // another may have posted since
      this.#gains = this.#turn.gains;
      await this.#try(row.incident, () => this.#lookAt(row));
    }
  }

  /** Forgets what was posted where: it is found again in the channels' histories. */
  #forget(): void {
    this.#posted.clear();
    this.#read.clear();
  }

  async #try<Found>(what: string, look: () => Promise<Found>): Promise<Found | undefined> {
    try {
      return await look();
    } catch (error) {
      this.#house.deps.log({ door: 'slack', cards: what, code: asCoded(error).code });
      return undefined;
    }
  }

  async #lookAt(row: IncidentRow): Promise<void> {
    const { incident } = row;
    const view = await readStatus(this.#house.deps, incident);
    if (view.source === 'ledger') return;
    const room = await this.#house.rooms.roomOf(incident);
    const all = [...gatesOf(view), ...asksOf(view)];
    const inRoom = async (channel: string): Promise<void> => {
      for (const waiting of all) await this.#post(channel, incident, waiting, waiting.key);
    };
    if (room !== undefined) await this.#try(incident, () => inRoom(room));
    const plan = await this.#planOf(row);
    for (const { id, slack } of this.#house.deps.people) {
      if (slack === undefined) continue;
      const role = plan && roleCard(row, plan, id);
      if (role) await this.#try(incident, () => this.#needed(slack, incident, role));
      await this.#try(incident, () => this.#tell(slack, incident, waitingOf(view, row, id)));
    }
    await this.#redraw(incident, all);
  }

  async #planOf({ planHash }: IncidentRow): Promise<Plan | undefined> {
    const known = this.#plans.get(planHash) ?? (await this.#house.deps.ledger.documents.getPlan(planHash))?.plan;
    if (known) this.#plans.set(planHash, known);
    return known;
  }

  /** Draws anew what has changed, wherever it was posted; a question that is gone was answered. */
  async #redraw(incident: string, all: readonly Waiting[]): Promise<void> {
    for (const posted of this.#posted.values()) {
      if (posted.about?.incident !== incident) continue;
      const { key, title } = posted.about;
      const card = all.find((waiting) => waiting.key === key)?.card ?? say(`${title} Answered, or not asked any more.`);
      const drawn = JSON.stringify(card.blocks);
      if (posted.drawn === drawn) continue;
      const { channel, ts } = posted;
      const draw = (): Promise<unknown> => this.#house.api.ask('chat.update', { channel, ts, ...card });
      await this.#try(incident, draw);
      posted.drawn = drawn; // one that failed is drawn with the next change
    }
  }

  /** Tells one person once which roles they hold and what they will be asked. */
  async #needed(user: string, incident: string, card: SlackMessage): Promise<void> {
    const key = keyOf(incident, 'roles', user);
    if (this.#posted.has(key)) return;
    const direct = await this.#directTo(user);
    await this.#readHistory(direct);
    if (!this.#posted.has(key)) this.#posted.set(key, { ...(await this.#send(direct, key, card)), drawn: '' });
  }

  /** Tells one person what waits for them, as often as is due. */
  async #tell(user: string, incident: string, waiting: readonly Waiting[]): Promise<void> {
    const now = Date.now();
    for (const one of waiting) {
      const nag = nagsDue(one, now);
      const key = keyOf(one.key, user, String(nag));
      if (this.#posted.get(key)?.about) continue; // one of an earlier life is told what it is about
      const text = nag === 1 ? one.card.text : `Still open: ${one.card.text}`;
      await this.#post(await this.#directTo(user), incident, { ...one, card: { ...one.card, text } }, key);
    }
  }

  async #directTo(user: string): Promise<string> {
    const known = this.#direct.get(user);
    if (known !== undefined) return known;
    const { channel } = await this.#house.api.ask('conversations.open', { users: user });
    const { id } = channel as { readonly id: string };
    this.#direct.set(user, id);
    return id;
  }

  /** Posts a card once. */
  async #post(channel: string, incident: string, { key: about, card, isOpen }: Waiting, key: string): Promise<void> {
    await this.#readHistory(channel);
    const known = this.#posted.get(key);
    if (known) known.about ??= { incident, key: about, title: card.text };
    if (known || !isOpen) return;
    this.#posted.set(key, {
      ...(await this.#send(channel, key, card)),
      drawn: JSON.stringify(card.blocks),
      about: { incident, key: about, title: card.text },
    });
  }

  async #send(channel: string, key: string, card: SlackMessage): Promise<Pick<Posted, 'channel' | 'ts'>> {
    if (!this.#turn.isMineFor(POST_TAKES_MS))
      throw new CodedError('SLACK_UNAVAILABLE', 'it is the turn of another gateway to post');
    const { ts } = await this.#house.api.ask('chat.postMessage', {
      ...{ channel, ...card, unfurl_links: false, unfurl_media: false },
      metadata: { event_type: EVENT_TYPE, event_payload: { key } },
    });
    return { channel, ts: String(ts) };
  }

  /** Finds the cards of an earlier life of this process. */
  async #readHistory(channel: string): Promise<void> {
    if (this.#read.has(channel)) return;
    const { messages } = await this.#house.api.ask('conversations.history', {
      ...{ channel, include_all_metadata: true, limit: HISTORY },
    });
    for (const { ts, metadata } of (messages ?? []) as readonly {
      readonly ts: string;
      readonly metadata?: { readonly event_payload?: { readonly key?: string } };
    }[]) {
      const key = metadata?.event_payload?.key;
      if (key !== undefined && !this.#posted.has(key)) this.#posted.set(key, { channel, ts, drawn: '' });
    }
    this.#read.add(channel);
  }
}

/** What waits for a person, as cards. */
function waitingOf(view: IncidentView, row: IncidentRow, person: string): readonly Waiting[] {
  const mine = { ...view, ...waitingFor(view, row, person) };
  return [...gatesOf(mine), ...asksOf(mine)];
}
