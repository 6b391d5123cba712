import { condition, setHandler, sleep, workflowInfo } from '@temporalio/workflow';
import { waking } from './activities.ts';
import { movedSignal, settledSignal } from './definitions.ts';
import type { CallContext } from '../contracts/effects.ts';
import type { Digest, StepId } from '../contracts/ids.ts';
import type { JournalDraft } from '../contracts/journal.ts';
import type { ObligationInput } from '../contracts/messages.ts';

const WAKE_LEAST_MS = 60_000;
const LATE_EVERY_MS = 24 * 3_600_000; // an overdue duty is named again each day until it is settled

/**
 * The clock of one legal duty: reminds at each instant, says when the time has passed, and says so again every day until
 * the duty is settled or the clock is cancelled. A late duty never stops the incident, and never passes in silence.
 */
export async function obligation(input: ObligationInput): Promise<void> {
  const clock = new Clock(input);
  setHandler(settledSignal, () => clock.settle());
  setHandler(movedSignal, (to) => clock.move(to));
  await clock.run();
}

class Clock {
  readonly #input: ObligationInput;
  #dueAt: string;
  #remindAt: readonly string[];
  #isSettled = false;
  /** Counts what moved the clock: a timer of an earlier setting wakes for nothing. */
  #setting = 0;
  /** When this setting was last called late; epoch milliseconds. */
  #lateSaidMs: number | undefined;
  #said = 0;
  /** Records that no call has confirmed yet. */
  #unconfirmed: readonly JournalDraft[] = [];

  constructor(input: ObligationInput) {
    this.#input = input;
    this.#dueAt = input.dueAt;
    this.#remindAt = input.remindAt;
  }

  settle(): void {
    this.#isSettled = true;
  }

  move({ dueAt, remindAt }: { readonly dueAt: string; readonly remindAt: readonly string[] }): void {
    this.#isSettled = false; // the duty came back before the clock had ended
    if (dueAt === this.#dueAt && remindAt.join() === this.#remindAt.join()) return;
    this.#dueAt = dueAt;
    this.#remindAt = remindAt;
    this.#lateSaidMs = undefined;
    this.#setting += 1;
  }

  async run(): Promise<void> {
    let afterMs = Date.now() - 1; // what is due this very moment is said
    while (!this.#isSettled) {
      const setting = this.#setting;
      const nextMs = this.#nextAfter(afterMs);
      const isSettledOrMoved = await this.#reach(nextMs, () => this.#isSettled || this.#setting !== setting);
      if (isSettledOrMoved) continue;
      afterMs = Math.max(afterMs, nextMs);
      await this.#say();
    }
  }

  /** The next instant at which something must be said: a late duty that was not called late yet, at once; then each day. */
  #nextAfter(afterMs: number): number {
    const reminders = this.#remindAt.map((at) => Date.parse(at)).filter((atMs) => atMs > afterMs);
    const lateMs = this.#lateSaidMs === undefined ? Date.parse(this.#dueAt) : this.#lateSaidMs + LATE_EVERY_MS;
    return Math.min(...reminders, lateMs);
  }

  /** Waits for an instant. @returns whether something else came first. */
  async #reach(atMs: number, isElse: () => boolean): Promise<boolean> {
    const waitMs = atMs - Date.now();
    if (waitMs <= 0) return isElse();
    let isThere = false;
    const timer = sleep(waitMs).then(() => {
      isThere = true;
    });
    await Promise.race([timer, condition(() => isThere || isElse())]);
    return isElse();
  }

  async #say(): Promise<void> {
    const { incident, obligation: id, title, people = [], escalateTo = people, mode = 'live', planHash } = this.#input;
    this.#said += 1;
    const isLate = Date.now() >= Date.parse(this.#dueAt);
    if (isLate) this.#lateSaidMs = Date.now();
    const draft: JournalDraft = {
      key: `clock:${id}:${workflowInfo().runId}:${this.#said}`, // a clock that was lost is started anew
      kind: isLate ? 'clock' : 'reminder',
      actor: 'engine',
      body: { obligation: id, dueAt: this.#dueAt, isLate, number: this.#said, at: new Date(Date.now()).toISOString() },
    };
    this.#unconfirmed = [...this.#unconfirmed, draft];
    const context: CallContext = {
      ...{ incident, mode, planHash: planHash ?? ('' as Digest), step: `clock-${id}` as StepId },
      ...{ visit: this.#said, round: 1, journal: this.#unconfirmed },
    };
    const text = isLate ? `OVERDUE since ${this.#dueAt}: ${title}` : `Due ${this.#dueAt}: ${title}`;
    const call = { ...context, people: isLate ? escalateTo : people, text, level: isLate ? 2 : 0 };
    // Tried until something is due again: then that is said, with what nobody has confirmed of this.
    const forMs = Math.max(WAKE_LEAST_MS, this.#nextAfter(Date.now()) - Date.now());
    await waking(text, forMs)
      ['engine.page'](call)
      .then(
        () => (this.#unconfirmed = []),
        () => undefined,
      );
  }
}
