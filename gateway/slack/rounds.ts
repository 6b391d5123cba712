import { asCoded } from '../http/problem.ts';
import type { CardWatch } from './card-watch.ts';
import type { SlackHouse } from './house.ts';
import { deliverIntents } from './intents.ts';
import type { Turn } from './turn.ts';
import type { WhoIs } from './who-is.ts';

/**
 * What one gateway at a time does every few seconds: posts the cards of what waits, and delivers what people did while the
 * engine was away. Where its process dies another gateway does it, within 30 seconds.
 */
export class Rounds {
  readonly #house: SlackHouse;
  readonly #who: WhoIs;
  readonly #turn: Turn;
  readonly #watch: CardWatch;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #going: Promise<void> = Promise.resolve();

  /** @param everyMs - milliseconds between two rounds. */
  constructor(house: SlackHouse, who: WhoIs, turn: Turn, watch: CardWatch, everyMs: number) {
    this.#house = house;
    this.#who = who;
    this.#turn = turn;
    this.#watch = watch;
    this.#everyMs = everyMs;
  }

  start(): void {
    const again = (): void => {
      this.#going = this.go().finally(() => {
        if (this.#timer !== undefined) this.#timer = setTimeout(again, this.#everyMs).unref();
      });
    };
    this.#timer = setTimeout(again, 0).unref();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#going;
    await this.#turn.give();
  }

  /** Goes round once, where it is this gateway's turn. Never throws. */
  async go(): Promise<void> {
    try {
      if (!(await this.#turn.take())) return;
      await deliverIntents(this.#house, this.#who, this.#turn);
      await this.#watch.look();
    } catch (error) {
      this.#house.deps.log({ door: 'slack', what: 'rounds', code: asCoded(error).code });
    }
  }
}
