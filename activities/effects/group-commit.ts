import { setTimeout as sleep } from 'node:timers/promises';

/** Callers that come within this time go together: a statement costs the database as much for one row as for ten. */
const GATHER_MS = 2;
/** Rows a statement takes at most; above it one transaction holds its locks for too long (facts: batches of 500). */
const GROUP_MAX = 500;

interface Waiting<Item, Answer> {
  readonly items: readonly Item[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Collects what many senders ask for and commits it in one statement.
 *
 * Everything asked for within {@link GATHER_MS}, or while the commit before it is under way, goes together: at most
 * 500 items, at least one caller. Callers of one group share one answer and one failure.
 */
export class GroupCommit<Item, Answer> {
  readonly #commit: (items: readonly Item[]) => Promise<Answer>;
  #waiting: Waiting<Item, Answer>[] = [];
  #running = false;

  /** @param commit - writes the items durably; called for one group at a time. */
  constructor(commit: (items: readonly Item[]) => Promise<Answer>) {
    this.#commit = commit;
  }

  /** Adds items to the next group. @returns the answer for that whole group, once it is durable. */
  add(items: readonly Item[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject });
      if (!this.#running) {
        this.#running = true;
        setTimeout(() => void this.#drain(), GATHER_MS);
      }
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        const answer = await this.#commit(group.flatMap((waiting) => waiting.items));
        for (const waiting of group) waiting.resolve(answer);
      } catch (error) {
        for (const waiting of group) waiting.reject(error);
      }
      if (this.#waiting.length > 0) await sleep(GATHER_MS);
    }
    this.#running = false;
  }

  #nextGroup(): Waiting<Item, Answer>[] {
    let size = 0;
    const callers = this.#waiting.findIndex((waiting, index) => {
      size += waiting.items.length;
      return index > 0 && size > GROUP_MAX;
    });
    return this.#waiting.splice(0, callers === -1 ? this.#waiting.length : callers);
  }
}
