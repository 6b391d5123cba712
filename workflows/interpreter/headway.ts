import type { PageResult } from '../../contracts/effects.ts';

/**
 * Notices when pages get nowhere, for instance because a provider is away: then one page at a time asks whether it is
 * back, instead of every page of the dataset, and no new page joins those that wait.
 */
export class Headway {
  #dry = 0;

  /**
   * Takes a page's answer.
   *
   * @param before - targets that the page had left.
   * @returns whether headway is made again after it was lost.
   */
  take(before: number, { left, limited, stopped }: PageResult, window: number): boolean {
    if (limited === true || stopped === true) return false;
    const wasLost = this.isLost(window);
    this.#dry = left < before ? 0 : this.#dry + 1;
    return wasLost && this.#dry === 0;
  }

  /** Whether the last pages, as many as are in flight at a time, came back as they went. */
  isLost(window: number): boolean {
    return this.#dry >= Math.max(2, window);
  }
}
