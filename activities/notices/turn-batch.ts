/**
 * Collects what callers ask for within one turn of the event loop and answers them all by one look.
 *
 * The look begins after each caller asked: nobody is answered with what was true before.
 */
export class TurnBatch<Item, Answer> {
  readonly #look: (items: readonly Item[]) => Promise<Answer>;
  #items: Item[] = [];
  #next: Promise<Answer> | undefined;

  constructor(look: (items: readonly Item[]) => Promise<Answer>) {
    this.#look = look;
  }

  /** @returns the answer for everything that was asked for in this turn. */
  add(items: readonly Item[]): Promise<Answer> {
    this.#items.push(...items);
    this.#next ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        const asked = this.#items;
        this.#items = [];
        this.#next = undefined;
        this.#look(asked).then(resolve, reject);
      });
    });
    return this.#next;
  }
}
