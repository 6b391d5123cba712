import type { ActionCall, EffectCounts, EffectState, PageResult } from '../../contracts/effects.ts';
import type { RolloutInput, StepError } from '../../contracts/messages.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** A range of targets on its way to an activity. */
export interface PageRange {
  readonly page: number;
  readonly from: number;
  readonly to: number;
  /** Which try of the page this is, from 1. */
  readonly turn: number;
  /** Only looks whether the canary is dead; acts on nothing. */
  readonly looks?: boolean;
}

interface Leftover extends PageRange {
  /** Not before; epoch milliseconds. */
  readonly readyAtMs: number;
}

const LOOK_EVERY_MS = 1_000; // a canary is looked at again after this while it is not yet seen dead
const LOOK_PAGE = 1_000_000; // page numbers of looks: leases of their own, never those of acting pages
const SWEEPS_MAX = 10_000; // a page that never gets done is reported, not swept for ever

/** What a rollout does next, without Temporal: cursor, window, canary, sweeps, counts. */
export class RolloutCore {
  readonly #total: number;
  readonly #pageSize: number;
  readonly #window: number;
  readonly #canary: number;
  readonly #holds: boolean;
  readonly #retriesUnknown: boolean;
  #cursor: number;
  #page: number;
  #canaryPassed: boolean;
  #leftovers: Leftover[];
  readonly #perPage = new Map<number, PageResult>();
  #carried: Partial<Record<EffectState, number>>;
  inFlight = 0;
  isStopped: boolean;
  error: StepError | undefined;

  constructor(input: RolloutInput) {
    const { rollout } = input.step;
    this.#total = input.dataset.count;
    this.#pageSize = rollout?.page ?? 500;
    this.#window = rollout?.window ?? 4;
    const canary = rollout?.canary ?? 0;
    this.#canary = Math.min(this.#total, canary < 1 ? Math.ceil(canary * this.#total) : canary);
    this.#holds = rollout?.holdUntil === 'verified' && this.#canary > 0;
    this.#retriesUnknown = input.step.onUnknown === 'resend';
    this.#cursor = input.cursor;
    this.#page = input.page;
    this.#canaryPassed = input.canaryPassed || this.#canary === 0;
    this.#carried = { ...input.counts };
    this.#leftovers = input.sweep.map((range) => ({ ...range, turn: 1, readyAtMs: 0 }));
    this.isStopped = input.stopped;
  }

  /** Ranges to hand out now. */
  next(nowMs: number): readonly PageRange[] {
    const ranges: PageRange[] = [];
    while (!this.isStopped && this.error === undefined && this.inFlight < this.#window) {
      const range = this.#takeLeftover(nowMs) ?? this.#takeFresh();
      if (!range) break;
      this.inFlight += 1;
      ranges.push(range);
    }
    return ranges;
  }

  #takeLeftover(nowMs: number): PageRange | undefined {
    const index = this.#leftovers.findIndex(({ readyAtMs }) => readyAtMs <= nowMs);
    if (index < 0) return undefined;
    const [{ readyAtMs: _readyAtMs, ...range }] = this.#leftovers.splice(index, 1) as [Leftover];
    return range;
  }

  #takeFresh(): PageRange | undefined {
    if (this.#cursor >= this.#total) return undefined;
    const isCanary = this.#cursor < this.#canary;
    if (!isCanary && !this.#canaryPassed) return undefined;
    const from = this.#cursor;
    const to = Math.min(from + this.#pageSize, isCanary ? this.#canary : this.#total);
    this.#cursor = to;
    this.#page += 1;
    return { page: this.#page - 1, from, to, turn: 1 };
  }

  /** Takes a page's result. */
  take(range: PageRange, result: PageResult, nowMs: number): void {
    this.inFlight -= 1;
    if (range.looks === true) return this.#takeLook(range, result, nowMs);
    this.#perPage.set(range.page, result);
    if (result.left > 0 && range.turn < SWEEPS_MAX) this.#again(range, nowMs + (result.waitMs ?? 0));
    if (!this.#canaryPassed && this.#cursor >= this.#canary && this.#isIdle) this.#endCanary(nowMs);
  }

  get #isIdle(): boolean {
    return this.inFlight === 0 && this.#leftovers.length === 0;
  }

  #again({ page, from, to, turn, looks }: PageRange, readyAtMs: number): void {
    this.#leftovers.push({ page, from, to, turn: turn + 1, readyAtMs, ...(looks === true ? { looks } : {}) });
  }

  /** The canary has been acted on: either it is enough, or it is held until it is seen dead. */
  #endCanary(nowMs: number): void {
    if (!this.#holds) {
      this.#canaryPassed = true;
      return;
    }
    this.#leftovers.push({ page: LOOK_PAGE, from: 0, to: this.#canary, turn: 1, looks: true, readyAtMs: nowMs });
  }

  #takeLook(range: PageRange, { counts }: PageResult, nowMs: number): void {
    const seenDead = counts.verified ?? 0;
    if (seenDead >= this.#canary) this.#canaryPassed = true;
    else if ((counts.refuted ?? 0) > 0)
      this.error = {
        code: 'ROLLOUT_CANARY_REFUTED',
        message: `${counts.refuted} of the ${this.#canary} first targets are still alive`,
      };
    else this.#again(range, nowMs + LOOK_EVERY_MS);
  }

  /** A page's activity failed for good. */
  fail(_range: PageRange, error: StepError): void {
    this.inFlight -= 1;
    this.error = error;
  }

  /** After a resume: what was left is taken up at once. */
  wakeNow(): void {
    this.#leftovers = this.#leftovers.map((range) => ({ ...range, readyAtMs: 0 }));
  }

  /** When the next leftover is due, epoch milliseconds. */
  nextWakeAtMs(): number | undefined {
    if (this.isStopped || this.#leftovers.length === 0) return undefined;
    return Math.min(...this.#leftovers.map(({ readyAtMs }) => readyAtMs));
  }

  /** Whether nothing is left to hand out or to wait for. */
  get isOver(): boolean {
    if (this.inFlight > 0) return false;
    if (this.error !== undefined) return true;
    return !this.isStopped && this.#leftovers.length === 0 && this.#cursor >= this.#total;
  }

  /** Targets by state. */
  get counts(): EffectCounts {
    const sum: Partial<Record<EffectState, number>> = { ...this.#carried };
    for (const { counts } of this.#perPage.values()) {
      for (const [state, count] of Object.entries(counts) as [EffectState, number][])
        sum[state] = (sum[state] ?? 0) + count;
    }
    return sum;
  }

  /** Targets that are neither settled nor given up. */
  get left(): number {
    return [...this.#perPage.values()].reduce((sum, { left }) => sum + left, 0);
  }

  /** succeeded: every target accepted or verified. partial: some were not. failed: the pages could not work. */
  get endState(): 'succeeded' | 'partial' | 'failed' {
    if (this.error !== undefined) return 'failed';
    const { failed = 0, unknown = 0, refuted = 0, withheld = 0 } = this.counts;
    const unsettled = failed + refuted + withheld + (this.#retriesUnknown ? 0 : unknown) + this.left;
    return unsettled === 0 ? 'succeeded' : 'partial';
  }

  /** What stays open, one sentence a state. */
  get openItems(): readonly string[] {
    const { failed = 0, unknown = 0, refuted = 0 } = this.counts;
    return [
      ...(failed > 0 ? [`${failed} targets failed`] : []),
      ...(unknown > 0 ? [`${unknown} targets are unknown: nobody can say whether it happened`] : []),
      ...(refuted > 0 ? [`${refuted} targets are still alive`] : []),
      ...(this.left > 0 ? [`${this.left} targets are left`] : []),
    ];
  }

  /** Facts that an action's counts establish. */
  facts({ uses, with: given }: ActionCall): JsonObject | undefined {
    const { accepted = 0, verified = 0 } = this.counts;
    if (uses === 'credentials.verify') return { credentialsVerifiedDead: verified };
    if (uses !== 'notices.send') return undefined;
    return given.notice === 'processor' ? { controllersTold: accepted } : { peopleTold: accepted };
  }

  /** State for the next run. */
  carry(): Pick<RolloutInput, 'cursor' | 'page' | 'counts' | 'stopped' | 'canaryPassed' | 'sweep'> {
    const open = new Set(this.#leftovers.map(({ page }) => page));
    const settled: Partial<Record<EffectState, number>> = { ...this.#carried };
    for (const [page, { counts }] of this.#perPage) {
      if (open.has(page)) continue; // its sweep counts it again
      for (const [state, count] of Object.entries(counts) as [EffectState, number][])
        settled[state] = (settled[state] ?? 0) + count;
    }
    return {
      cursor: this.#cursor,
      page: this.#page,
      counts: settled,
      stopped: this.isStopped,
      canaryPassed: this.#canaryPassed,
      sweep: this.#leftovers.filter(({ looks }) => looks !== true).map(({ page, from, to }) => ({ page, from, to })),
    };
  }
}
