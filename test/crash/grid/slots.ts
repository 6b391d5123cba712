import { Hand } from './hands.ts';
import type { Client } from '@temporalio/client';
import type { GridStack } from './stack.ts';

const HANDS = 2; // one is hit, the other takes over

/** A place in which one cell runs at a time: a namespace with two hands of its own. */
export class Slot {
  readonly client: Client;
  readonly #namespace: string;
  readonly #stack: GridStack;
  #hands: Hand[] = [];

  constructor(stack: GridStack, namespace: string) {
    this.#stack = stack;
    this.#namespace = namespace;
    this.client = stack.client(namespace);
    this.refill();
  }

  /** Puts new hands where old ones died, without waiting for them. */
  refill(): void {
    for (const hand of this.#hands) if (hand.isStopped) void hand.end(); // its cell failed before it went on
    this.#hands = this.#hands.filter((hand) => !hand.isGone && !hand.isStopped);
    while (this.#hands.length < HANDS)
      this.#hands.push(new Hand(this.#stack.config, this.#namespace, this.#stack.environment));
  }

  /** The hands, all at work. */
  async hands(): Promise<readonly Hand[]> {
    await Promise.all(this.#hands.map(({ ready }) => ready));
    return [...this.#hands];
  }

  async close(): Promise<void> {
    await Promise.all(this.#hands.map((hand) => hand.end()));
  }
}

/** Runs work in slots: as many pieces at a time as there are slots, in the order in which they were given. */
export class Slots {
  readonly #free: Slot[];
  readonly #all: readonly Slot[];
  readonly #waiting: ((slot: Slot) => void)[] = [];

  constructor(stack: GridStack, namespaces: readonly string[]) {
    this.#all = namespaces.map((namespace) => new Slot(stack, namespace));
    this.#free = [...this.#all];
  }

  async use<Result>(work: (slot: Slot) => Promise<Result>): Promise<Result> {
    const slot = this.#free.shift() ?? (await new Promise<Slot>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(slot);
    } finally {
      slot.refill();
      const next = this.#waiting.shift();
      if (next) next(slot);
      else this.#free.push(slot);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((slot) => slot.close()));
  }
}
