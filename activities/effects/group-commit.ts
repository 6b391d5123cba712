/** Callers that come within this time go together: a statement costs the database as much for one row as for ten. */
const GATHER_MS = 1;
/** Commits under way at a time: while some senders wait for the disk, the others' messages are on the wire. */
const LANES = 2;
/** Rows a statement takes at most; above it one transaction holds its locks for too long (facts: batches of 500). */
const GROUP_MAX = 500;

interface Waiting<Item, Answer> {
  readonly items: readonly Item[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Collects what many senders ask for and commits it in few statements.
 *
 * Everything asked for within {@link GATHER_MS}, or while all {@link LANES} are taken, goes together: at most 500 items,
 * at least one caller. Callers of one group share one answer and one failure.
 */
export class GroupCommit<Item, Answer> {
  readonly #commit: (items: readonly Item[]) => Promise<Answer>;
  #waiting: Waiting<Item, Answer>[] = [];
  #isGathering = false;
  #underWay = 0;

  /** @param commit - writes the items durably; may be called again before it has answered, never for the same items. */
  constructor(commit: (items: readonly Item[]) => Promise<Answer>) {
    this.#commit = commit;
  }

  /** Adds items to the next group. @returns the answer for that whole group, once it is durable. */
  add(items: readonly Item[]): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject });
      this.#gather();
    });
  }

  #gather(): void {
    if (this.#isGathering || this.#underWay >= LANES || this.#waiting.length === 0) return;
    this.#isGathering = true;
    setTimeout(() => {
      this.#isGathering = false;
      void this.#commitNext();
    }, GATHER_MS);
  }

  async #commitNext(): Promise<void> {
    const group = this.#nextGroup();
    this.#underWay += 1;
    this.#gather();
    try {
      const answer = await this.#commit(group.flatMap((waiting) => waiting.items));
      for (const waiting of group) waiting.resolve(answer);
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
    } finally {
      this.#underWay -= 1;
      this.#gather();
    }
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
