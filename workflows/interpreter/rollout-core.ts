import { actionCatalogue } from '../../contracts/catalogue.ts';
import { behaves } from '../patches.ts';
import { Headway } from './headway.ts';
import { Pages, type PageRange } from './rollout-pages.ts';
import type {
  ChildEnded,
  ChildHolds,
  HoldReason,
  RolloutInput,
  RolloutOutputs,
  StepError,
} from '../../contracts/messages.ts';
import { RETURNS_WATCHED, type EffectCounts, type PageResult } from '../../contracts/effects.ts';

/** A page to be run now. */
export interface PageTask extends PageRange {
  /** Looks whether the canary is dead; acts on nothing. */
  readonly looks: boolean;
  /** Number of the activity in this run, so that ids are unique. */
  readonly number: number;
}

const LOOK_EVERY_MS = 1_000; // between two looks at a canary that nobody can tell about yet
/** Looks have page numbers, and so leases and journal keys, of their own: far above those of acting pages. */
const LOOK_PAGE = 1_000_000;

/** More of the first notices came back than 5 %: something is wrong with the list, the text or the sender. */
const RETURNED_MAX = RETURNS_WATCHED / 20;

type Look = { readonly kind: 'none' | 'running' | 'over' } | { readonly kind: 'due'; readonly atMs: number };

/**
 * What a rollout does next, without Temporal: canary, window, ceiling, sweeps, holds, stop, and how it ends.
 *
 * The canary is the head of the order and goes before everything else. Held until verified, the rollout itself looks at it
 * by the verifying action and waits for no other step (facts/engine item 2).
 */
export class RolloutCore {
  readonly #input: RolloutInput;
  readonly #pages: Pages;
  readonly #canary: number;
  readonly #deadlineMs: number;
  readonly #startedAtMs: number;
  #ceiling: number;
  #window: number;
  #canaryPassed: boolean;
  #isDriftAccepted: boolean;
  readonly #isSteady: boolean;
  readonly #headway = new Headway();
  #returnsAccepted: boolean;
  /** First positions whose notices are waited for before the others are sent. */
  #wave: number;
  #look: Look = { kind: 'none' };
  #number = 0;
  #inFlight = 0;
  #isStopped: boolean;
  #isPaused: boolean;
  #isFinishing = false;
  #isOverdue = false;
  #error: StepError | undefined;
  #hold: ChildHolds['reason'] | undefined;
  /** What people must know of the hold, until it is reported. */
  #note: string | undefined;
  /** Whose limit holds it, where it is another action's. */
  #limitedBy: string | undefined;

  constructor(input: RolloutInput, nowMs: number) {
    const { dataset, step } = input;
    const { canary = 0, page = 500, window = 4 } = step.rollout ?? {};
    this.#input = input;
    this.#canary = Math.min(dataset.count, canary < 1 ? Math.ceil(canary * dataset.count) : canary);
    this.#startedAtMs = input.startedAt === undefined ? nowMs : Date.parse(input.startedAt);
    this.#deadlineMs = step.withinMs === undefined ? Infinity : this.#startedAtMs + step.withinMs;
    this.#ceiling = input.ceiling ?? Infinity;
    this.#window = input.window ?? window;
    this.#canaryPassed = input.canaryPassed || this.#canary === 0;
    this.#isDriftAccepted = input.driftAccepted === true;
    const { effect = 'none', mayReturn = false } = actionCatalogue.get(step.uses) ?? {};
    this.#isSteady = effect !== 'none' && behaves('steadyRollouts', input.engineVersion ?? 1);
    this.#returnsAccepted = input.returnsAccepted === true;
    this.#wave = this.#isSteady && mayReturn && input.cursor < RETURNS_WATCHED ? RETURNS_WATCHED : Infinity;
    this.#isStopped = input.stopped;
    this.#isPaused = input.paused;
    this.#pages = new Pages(dataset.count, page, {
      ...{ cursor: input.cursor, page: input.page, counts: input.counts },
      leftovers: input.sweep.map(({ counts = {}, left = 0, ...range }) => ({ ...range, counts, left, readyAtMs: 0 })),
    });
  }

  /** Pages to run now, in order. */
  next(nowMs: number): readonly PageTask[] {
    if (nowMs >= this.#deadlineMs) this.#isOverdue = true;
    if (this.#inFlight === 0) this.#passCanary(nowMs);
    if (this.#inFlight === 0 && this.#pages.cursor >= this.#wave) this.#wave = Infinity;
    const tasks: PageTask[] = [];
    while (this.#mayStart && this.#inFlight < this.#room) {
      const task = this.#takeLook(nowMs) ?? this.#takePage(nowMs);
      if (!task) break;
      this.#inFlight += 1;
      tasks.push(task);
    }
    return tasks;
  }

  get #isLost(): boolean {
    return this.#isSteady && this.#headway.isLost(this.#window);
  }

  /** Pages that may be in flight now. */
  get #room(): number {
    return this.#isLost ? 1 : this.#window;
  }

  get #mayStart(): boolean {
    const isHeld = this.#isStopped || this.#isPaused || this.#hold !== undefined;
    return !isHeld && !this.#isEnding;
  }

  get #isEnding(): boolean {
    return this.#isFinishing || this.#isOverdue || this.#error !== undefined;
  }

  #takePage(nowMs: number): PageTask | undefined {
    const end = Math.min(this.#canaryPassed ? Infinity : this.#canary, this.#ceiling, this.#wave);
    const range = this.#pages.takeLeftover(nowMs) ?? (this.#isLost ? undefined : this.#pages.takeFresh(end));
    return range && { ...range, looks: false, number: (this.#number += 1) };
  }

  /** Once the whole canary was acted on: it is enough, or it is looked at, or people are asked. */
  #passCanary(nowMs: number): void {
    const isDone = this.#pages.cursor >= this.#canary && this.#pages.leftovers.length === 0;
    if (this.#canaryPassed || !isDone || this.#hold !== undefined || this.#look.kind !== 'none') return;
    switch (this.#input.step.rollout?.holdUntil) {
      case 'verified':
        this.#look = { kind: 'due', atMs: nowMs };
        return;
      case 'approved':
        this.#holdFor('canary', `${this.#canary} first targets were acted on; the rest waits.`);
        return;
      case undefined:
        this.#canaryPassed = true;
    }
  }

  #takeLook(nowMs: number): PageTask | undefined {
    if (this.#look.kind !== 'due' || this.#look.atMs > nowMs) return undefined;
    this.#look = { kind: 'running' };
    return { page: LOOK_PAGE, from: 0, to: this.#canary, left: this.#canary, looks: true, number: (this.#number += 1) };
  }

  /** Takes a page's answer. */
  take(task: PageTask, result: PageResult, nowMs: number): void {
    this.#inFlight -= 1;
    if (task.looks) return this.#judge(result, nowMs);
    this.#pages.take(task, result, nowMs);
    if (this.#headway.take(task.left, result, this.#window) && this.#isSteady) this.#pages.hurry();
    if (result.limited === true && result.left > 0 && this.#hold === undefined) {
      this.#limitedBy = result.limitedBy;
      this.#holdFor('limit', `The limit of the playbook for ${result.limitedBy ?? this.#input.call.uses} is used up.`);
    }
    this.#holdAtDrift(result.drift ?? 0);
    this.#holdAtReturns(result.returned ?? 0);
  }

  #holdAtReturns(returned: number): void {
    if (!this.#isSteady || this.#returnsAccepted || this.#hold !== undefined || returned <= RETURNED_MAX) return;
    this.#holdFor('returns', `Of the first ${RETURNS_WATCHED} notices ${returned} came back or were complained about.`);
  }

  /** More readers than expected would be told that nothing is proven yet: people expected otherwise when they approved. */
  #holdAtDrift(drift: number): void {
    if (drift === 0 || this.#isDriftAccepted || this.#hold !== undefined) return;
    const are = drift === 1 ? '1 reader waits' : `${drift} readers wait`;
    this.#holdFor('drift', `${are} who would be told that a secret of theirs still works, or that nobody knows.`);
  }

  /** Whether people accepted that. */
  get isDriftAccepted(): boolean {
    return this.#isDriftAccepted;
  }

  /** What a look at the canary says: dead, not clear yet, or a question to people. */
  #judge({ counts, left, waitMs }: PageResult, nowMs: number): void {
    const dead = counts.verified ?? 0;
    if (dead >= this.#canary) {
      this.#canaryPassed = true;
      this.#look = { kind: 'over' };
    } else if (left > 0) this.#look = { kind: 'due', atMs: nowMs + (waitMs ?? LOOK_EVERY_MS) };
    else {
      this.#look = { kind: 'over' };
      this.#holdFor('canary', `Of ${this.#canary} first targets ${dead} were verified dead.`);
    }
  }

  #holdFor(reason: ChildHolds['reason'], note: string): void {
    this.#hold = reason;
    this.#note = note;
  }

  /**
   * A report that people must be asked; given once. It waits for what is under way, so that it says exactly what is left;
   * where notices come back it does not, since it is what stops them.
   */
  takeReport(): ChildHolds | undefined {
    const [reason, note] = [this.#hold, this.#note];
    if (reason === undefined || note === undefined) return undefined;
    if (this.#isSteady && reason !== 'returns' && this.#inFlight > 0) return undefined;
    this.#note = undefined;
    const { step, visit } = this.#input.call;
    const by = reason === 'limit' && this.#limitedBy !== undefined ? { limitedBy: this.#limitedBy } : {};
    return { step, visit, reason, counts: this.#pages.counts, left: this.#pages.left, note, ...by };
  }

  /** A page failed for good: nothing new starts, what is under way ends. */
  fail(task: PageTask, error: StepError, nowMs: number): void {
    this.#inFlight -= 1;
    if (!task.looks) this.#pages.putBack(task, nowMs);
    this.#error ??= error;
  }

  /** No new page: by a stop (the permit is shut too) or a pause. */
  stop(): void {
    this.#isStopped = true;
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** Goes on; what was left is taken up at once. */
  resume(): void {
    this.#isStopped = false;
    this.#isPaused = false;
    this.#pages.hurry();
  }

  /** Pages in flight from now on. */
  setWindow(window: number): void {
    if (Number.isInteger(window) && window > 0) this.#window = window;
  }

  /** People let it go on where it holds. */
  release(reason: HoldReason): void {
    if (reason === 'gate') this.#ceiling = Infinity;
    if (reason === 'canary') this.#canaryPassed = true;
    if (reason === 'drift') this.#isDriftAccepted = true;
    if (reason === 'returns') this.#returnsAccepted = true;
    if (reason !== this.#hold) return;
    this.#hold = undefined;
    this.#pages.hurry();
  }

  /** Ends with what has been done. */
  finish(): void {
    this.#isFinishing = true;
  }

  /** Pages under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether nothing is under way and nothing is left to hand out or to wait for. */
  get isOver(): boolean {
    if (this.#inFlight > 0) return false;
    return this.#isEnding || (this.#pages.left === 0 && !this.#isStopped && this.#look.kind !== 'due');
  }

  /** When there is something to do by time alone, epoch milliseconds. */
  nextWakeMs(): number | undefined {
    const times: number[] = [];
    if (this.#mayStart && this.#inFlight < this.#room && this.#pages.nextSweepMs !== undefined)
      times.push(this.#pages.nextSweepMs);
    if (this.#mayStart && this.#look.kind === 'due') times.push(this.#look.atMs);
    if (this.#deadlineMs !== Infinity && !this.#isOverdue) times.push(this.#deadlineMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Counts so far. */
  get outputs(): RolloutOutputs {
    const { total, left, counts } = this.#pages;
    return { targets: total, left, counts: counts };
  }

  /** How it ended: `failed` where no target came through, `partial` where some did not; both name what stays open. */
  get result(): ChildEnded['result'] {
    const { counts, left, total } = this.#pages;
    const open = openItems(counts, left);
    if (this.#error !== undefined) return { state: 'failed', outputs: this.outputs, error: this.#error };
    const through = (counts.accepted ?? 0) + (counts.verified ?? 0) + (counts.withheld ?? 0);
    if (through === 0 && left < total) {
      const message = `none of ${total} targets came through: ${open.join('; ')}`;
      return { state: 'failed', outputs: this.outputs, error: { code: 'ROLLOUT_FAILED', message } };
    }
    return { state: open.length === 0 ? 'succeeded' : 'partial', outputs: this.outputs, openItems: open };
  }

  /** Input of the next run: counts and ranges, never targets. */
  carry(): RolloutInput {
    const { cursor, page, settled, leftovers } = this.#pages;
    const { ceiling: _lifted, ...input } = this.#input;
    return {
      ...input,
      ...{ cursor, page, counts: settled, canaryPassed: this.#canaryPassed },
      ...{ stopped: this.#isStopped, paused: this.#isPaused, window: this.#window },
      ...(this.#ceiling === Infinity ? {} : { ceiling: this.#ceiling }),
      ...(this.#isDriftAccepted ? { driftAccepted: true } : {}),
      ...(this.#returnsAccepted ? { returnsAccepted: true } : {}),
      startedAt: new Date(this.#startedAtMs).toISOString(),
      sweep: leftovers.map(({ page: number, from, to, counts, left }) => ({ page: number, from, to, counts, left })),
    };
  }
}

function openItems(counts: EffectCounts, left: number): readonly string[] {
  const words = {
    failed: 'failed',
    unknown: 'are unknown: nobody can say whether it happened',
    refuted: 'are still alive',
    bounced: 'bounced',
    complained: 'complained',
  } as const;
  const named = (Object.keys(words) as (keyof typeof words)[]).flatMap((state) =>
    (counts[state] ?? 0) > 0 ? [`${counts[state]} ${words[state]}`] : [],
  );
  return left > 0 ? [...named, `${left} were left`] : named;
}
