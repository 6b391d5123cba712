/** A page starts nothing new after this long; the activity's own timeout is four times as much. */
const BUDGET_MS = 30_000;
/** A connector that has not answered by then is given up on: twice the budget, half the activity's timeout. */
const PATIENCE_MS = 60_000;
/** Start-to-close of a page where the step says nothing else. */
const TIMEOUT_MS = 120_000;

/** The time of one attempt of a page: well within what its activity has, however little a playbook gives it. */
export class PageTime {
  readonly #startedAt = performance.now();
  readonly #budgetMs: number;
  readonly #patienceMs: number;

  /** @param timeoutMs - start-to-close of the activity. */
  constructor(timeoutMs = TIMEOUT_MS) {
    this.#budgetMs = Math.min(BUDGET_MS, timeoutMs / 4);
    this.#patienceMs = Math.min(PATIENCE_MS, timeoutMs / 2);
  }

  get isOver(): boolean {
    return this.#elapsedMs > this.#budgetMs;
  }

  /** Milliseconds left in which a request of at most `longestRequestMs` may be started; 0 or less: none. */
  startableMs(longestRequestMs: number): number {
    return this.#budgetMs - Math.min(longestRequestMs, this.#budgetMs / 2) - this.#elapsedMs;
  }

  /** Milliseconds until an unanswered request is given up on. */
  patienceMs(): number {
    return this.#patienceMs - this.#elapsedMs;
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }
}
