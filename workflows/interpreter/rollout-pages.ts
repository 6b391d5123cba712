import type { EffectCounts, EffectState, PageResult } from '../../contracts/effects.ts';

/** A range of positions on its way to an activity. */
export interface PageRange {
  /** Number of the page; part of its lease, so a sweep keeps it. */
  readonly page: number;
  readonly from: number;
  readonly to: number;
  /** Targets of it that are neither settled nor given up. */
  readonly left: number;
}

/** A page that still has targets left, with what it came to when it last answered. */
export interface Leftover extends PageRange {
  /** Not before; epoch milliseconds. */
  readonly readyAtMs: number;
  readonly counts: EffectCounts;
}

type Sum = Partial<Record<EffectState, number>>;

/** Adds counts by state. */
export function addCounts(sum: EffectCounts, more: EffectCounts): EffectCounts {
  const total: Sum = { ...sum };
  for (const [state, count] of Object.entries(more) as [EffectState, number][])
    total[state] = (total[state] ?? 0) + count;
  return total;
}

/**
 * Which positions were handed out and what came of them: pages in rollout order, and sweeps of what pages left behind.
 *
 * A page counts for good once nothing of it is left; until then its newest answer stands beside it.
 */
export class Pages {
  readonly total: number;
  readonly #size: number;
  cursor: number;
  page: number;
  #settled: EffectCounts;
  #leftovers: readonly Leftover[];

  constructor(
    total: number,
    size: number,
    at: { cursor: number; page: number; counts: EffectCounts; leftovers: readonly Leftover[] },
  ) {
    this.total = total;
    this.#size = Math.max(1, size);
    this.cursor = at.cursor;
    this.page = at.page;
    this.#settled = at.counts;
    this.#leftovers = at.leftovers;
  }

  /** The next page whose positions were not handed out yet, none of them at or behind `end`. */
  takeFresh(end: number): PageRange | undefined {
    const bound = Math.min(end, this.total);
    if (this.cursor >= bound) return undefined;
    const [page, from, to] = [this.page, this.cursor, Math.min(this.cursor + this.#size, bound)];
    this.cursor = to;
    this.page += 1;
    return { page, from, to, left: to - from };
  }

  /** The first page with something left whose time has come. */
  takeLeftover(nowMs: number): PageRange | undefined {
    const due = this.#leftovers.find(({ readyAtMs }) => readyAtMs <= nowMs);
    if (!due) return undefined;
    this.#leftovers = this.#leftovers.filter((other) => other !== due);
    return { page: due.page, from: due.from, to: due.to, left: due.left };
  }

  /** Takes a page's answer; what it left is swept, not before it asks for. */
  take(range: PageRange, { counts, left, waitMs = 0 }: PageResult, nowMs: number): void {
    if (left > 0) this.#leftovers = [...this.#leftovers, { ...range, readyAtMs: nowMs + waitMs, counts, left }];
    else this.#settled = addCounts(this.#settled, counts);
  }

  /** A page that failed is taken up again as it was. */
  putBack(range: PageRange, nowMs: number): void {
    this.#leftovers = [...this.#leftovers, { ...range, readyAtMs: nowMs, counts: {}, left: range.to - range.from }];
  }

  /** What was left is due at once. */
  hurry(): void {
    this.#leftovers = this.#leftovers.map((page) => ({ ...page, readyAtMs: 0 }));
  }

  /** Pages with something left, in the order in which they are swept. */
  get leftovers(): readonly Leftover[] {
    return this.#leftovers;
  }

  /** When the next sweep is due, epoch milliseconds. */
  get nextSweepMs(): number | undefined {
    return this.#leftovers.length === 0 ? undefined : Math.min(...this.#leftovers.map(({ readyAtMs }) => readyAtMs));
  }

  /** Counts of the pages that are done. */
  get settled(): EffectCounts {
    return this.#settled;
  }

  /** Targets by state, as every page last said. */
  get counts(): EffectCounts {
    return this.#leftovers.reduce((sum, { counts }) => addCounts(sum, counts), this.#settled);
  }

  /** Targets that are neither settled nor given up, those not handed out included. */
  get left(): number {
    return this.total - this.cursor + this.#leftovers.reduce((sum, { left }) => sum + left, 0);
  }
}
