import { acceptedResult } from '../single-effect.ts';
import { isCodedError } from '../../contracts/errors.ts';
import { renderCard } from './render-card.ts';
import type { CallContext } from '../../contracts/effects.ts';
import type { ChatConnector, ChatMessage } from './port.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Ledger } from '../../ledger/ports.ts';

const EDIT_EVERY_MS = 3_000; // chat.update allows about 50 a minute for an app in a workspace; several incidents share it

/** A room and the card in it, as chat.open left them in its receipt. */
export interface OpenedRoom {
  readonly room: string;
  /** Id of the status card's message. */
  readonly card: string;
}

/**
 * The room of an incident.
 *
 * @returns `undefined` where no chat.open was accepted.
 */
export async function roomOf(ledger: Ledger, incident: IncidentId): Promise<OpenedRoom | undefined> {
  const [subject] = await ledger.effects.subjects(incident, 'chat.open', ['accepted'], 1);
  if (subject === undefined) return undefined;
  const result = await acceptedResult(ledger, { incident }, 'chat.open', subject);
  return result as OpenedRoom | undefined;
}

interface Pending {
  message: ChatMessage | undefined;
  shown: string;
  timer: NodeJS.Timeout | undefined;
  lastMs: number;
}

/**
 * Keeps the status cards fresh: the newest state wins, at most one edit each three seconds an incident, none where
 * nothing changed.
 */
export class CardBoard {
  readonly #ledger: Ledger;
  readonly #connector: ChatConnector;
  readonly #report: (line: string) => void;
  readonly #cards = new Map<IncidentId, Pending>();

  /** @param report - told of a card that could not be redrawn; gets a code, never a text of the incident. */
  constructor(ledger: Ledger, connector: ChatConnector, report: (line: string) => void) {
    this.#ledger = ledger;
    this.#connector = connector;
    this.#report = report;
  }

  /** Takes the newest summary; it is shown at once or within three seconds. Never throws. */
  async show({ incident, mode }: CallContext, summary: JsonObject): Promise<void> {
    const card = this.#cards.get(incident) ?? { message: undefined, shown: '', timer: undefined, lastMs: -Infinity };
    this.#cards.set(incident, card);
    card.message = renderCard(incident, mode, summary);
    if (card.timer !== undefined) return;
    const waitMs = card.lastMs + EDIT_EVERY_MS - performance.now();
    if (waitMs <= 0) {
      await this.#draw(incident, card);
      return;
    }
    card.timer = setTimeout(() => void this.#draw(incident, card), waitMs);
    card.timer.unref();
  }

  /** Draws what waits. */
  async close(): Promise<void> {
    await Promise.all([...this.#cards].map(([incident, card]) => this.#draw(incident, card)));
  }

  async #draw(incident: IncidentId, card: Pending): Promise<void> {
    clearTimeout(card.timer);
    card.timer = undefined;
    const { message } = card;
    if (message === undefined || message.text === card.shown) return;
    card.lastMs = performance.now();
    try {
      const opened = await roomOf(this.#ledger, incident);
      if (!opened) return;
      await this.#connector.update(opened.room, opened.card, message);
      card.shown = message.text;
    } catch (error) {
      this.#report(`status card of ${incident} not redrawn: ${isCodedError(error) ? error.code : 'ENGINE_INTERNAL'}`);
    }
  }
}
