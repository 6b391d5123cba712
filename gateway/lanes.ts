/** Lets few through at a time for each key; the others wait in the order they came. */
export class Lanes {
  readonly #width: number;
  readonly #busy = new Map<string, { taken: number; readonly waiting: (() => void)[] }>();

  /** @param width - how many of one key at a time. */
  constructor(width: number) {
    this.#width = width;
  }

  /** Runs some work when its turn has come. */
  async run<Done>(key: string, work: () => Promise<Done>): Promise<Done> {
    const lane = this.#busy.get(key) ?? { taken: 0, waiting: [] };
    this.#busy.set(key, lane);
    if (lane.taken < this.#width) lane.taken += 1;
    else await new Promise<void>((go) => lane.waiting.push(go)); // the one that ends hands its place on
    try {
      return await work();
    } finally {
      const next = lane.waiting.shift();
      if (next) next();
      else lane.taken -= 1;
      if (lane.taken === 0) this.#busy.delete(key);
    }
  }
}
