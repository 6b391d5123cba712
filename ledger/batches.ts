import { isCodedError } from '../contracts/errors.ts';

const AT_ONCE = 200; // items of a round: some tens of kilobytes a statement

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers many calls by few statements: what is asked while a round is under way goes along with the next. Alone, a call waits
 * for nothing; under load the rounds grow by themselves.
 */
export class Batches<Item, Answer> {
  readonly #run: (items: readonly Item[]) => Promise<readonly Answer[]>;
  #waiting: Waiting<Item, Answer>[] = [];
  #isRunning = false;

  /** @param run - one round; answers in the order of its items. */
  constructor(run: (items: readonly Item[]) => Promise<readonly Answer[]>) {
    this.#run = run;
  }

  /** Asks with the next round. @throws what the round throws. */
  ask(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#isRunning) return;
      this.#isRunning = true;
      queueMicrotask(() => void this.#rounds());
    });
  }

  async #rounds(): Promise<void> {
    while (this.#waiting.length > 0) {
      const round = this.#waiting.splice(0, AT_ONCE);
      await this.#round(round);
    }
    this.#isRunning = false;
  }

  /** Never throws. An item that the database does not take spoils nothing but itself. */
  async #round(round: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.#run(round.map(({ item }) => item));
      for (const [index, { resolve }] of round.entries()) resolve(answers[index]!);
    } catch (error) {
      if (round.length === 1 || isCodedError(error)) for (const { reject } of round) reject(error);
      else for (const one of round) await this.#round([one]);
    }
  }
}
