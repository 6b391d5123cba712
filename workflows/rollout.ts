import { actionCatalogue } from '../contracts/catalogue.ts';
import {
  childEndedSignal,
  childHoldsSignal,
  finishSignal,
  pauseSignal,
  progressQuery,
  rateSignal,
  releaseSignal,
  resumeSignal,
  stopSignal,
} from './definitions.ts';
import { condition, continueAsNew, setHandler, sleep } from '@temporalio/workflow';
import { RolloutCore, type PageTask } from './interpreter/rollout-core.ts';
import { runPage, stepError } from './activities.ts';
import { tell } from './children.ts';
import type { PageCall } from '../contracts/effects.ts';
import type { HoldReason, RolloutInput } from '../contracts/messages.ts';

const PAGES_PER_RUN = 300; // about 1,800 events; then the rollout continues as new

/**
 * One step over a dataset: pages in a window, the canary before everything else, sweeps of what pages left behind.
 *
 * It holds ranges and counts only; what became of each target is in the ledger. It outlives its parent's runs and reports
 * by signal.
 */
export async function rollout(input: RolloutInput): Promise<void> {
  await new Rollout(input).run();
}

class Rollout {
  readonly #input: RolloutInput;
  readonly #core: RolloutCore;
  #isDue = true;
  #alarmAtMs = Infinity;
  #pages = 0;

  constructor(input: RolloutInput) {
    const core = new RolloutCore(input, Date.now());
    const then =
      <Arguments extends unknown[]>(act: (...given: Arguments) => void) =>
      (...given: Arguments): void => {
        act(...given);
        this.#isDue = true;
      };
    this.#input = input;
    this.#core = core;
    setHandler(
      stopSignal,
      then(() => core.stop()),
    );
    setHandler(
      pauseSignal,
      then(() => core.pause()),
    );
    setHandler(
      resumeSignal,
      then(() => core.resume()),
    );
    setHandler(
      rateSignal,
      then(({ window }: { readonly window: number }) => core.setWindow(window)),
    );
    setHandler(
      releaseSignal,
      then(({ reason }: { readonly reason: HoldReason }) => core.release(reason)),
    );
    setHandler(
      finishSignal,
      then(() => core.finish()),
    );
    setHandler(progressQuery, () => core.outputs);
  }

  async run(): Promise<void> {
    const core = this.#core;
    for (;;) {
      this.#isDue = false;
      const isFull = this.#pages >= PAGES_PER_RUN;
      if (isFull && core.inFlight === 0 && !core.isOver) await continueAsNew<typeof rollout>(core.carry());
      for (const task of isFull ? [] : core.next(Date.now())) this.#start(task);
      await this.#reportHold();
      if (core.isOver) break;
      if (isFull && core.inFlight === 0) continue;
      this.#setAlarm();
      await condition(() => this.#isDue);
    }
    const { call, parentWorkflowId } = this.#input;
    const ended = { step: call.step, visit: call.visit, result: core.result };
    await tell(parentWorkflowId, (parent) => parent.signal(childEndedSignal, ended));
  }

  #start(task: PageTask): void {
    const { step, heartbeatTimeoutMs } = this.#input;
    this.#pages += 1;
    const activityId = `${task.looks ? 'look' : 'page'}-${task.page}.${task.number}`;
    void runPage(step, activityId, this.#callOf(task), heartbeatTimeoutMs)
      .then(
        (result) => this.#core.take(task, result, Date.now()),
        (error: unknown) => this.#core.fail(task, stepError(error), Date.now()),
      )
      .then(() => {
        this.#isDue = true;
      });
  }

  #callOf({ page, from, to, looks }: PageTask): PageCall {
    const { call, dataset, step } = this.#input;
    const { gate: _gate, ...ungated } = call;
    const verifying = actionCatalogue.get(call.uses)?.verifiedBy;
    return {
      ...(looks && verifying !== undefined ? { ...ungated, uses: verifying, with: {} } : call),
      ...{ dataset, page, from, to, onUnknown: step.onUnknown },
      ...(this.#core.isDriftAccepted ? { driftAccepted: true } : {}),
      first: [...(step.preauthorised?.kinds ?? []), ...(step.rollout?.first ?? [])],
    };
  }

  async #reportHold(): Promise<void> {
    const report = this.#core.takeReport();
    if (report) await tell(this.#input.parentWorkflowId, (parent) => parent.signal(childHoldsSignal, report));
  }

  /** Timers are never cancelled: one that comes too early wakes for nothing. */
  #setAlarm(): void {
    const atMs = this.#core.nextWakeMs();
    if (atMs === undefined || atMs >= this.#alarmAtMs) return;
    this.#alarmAtMs = atMs;
    void sleep(Math.max(1, atMs - Date.now())).then(() => {
      if (this.#alarmAtMs === atMs) this.#alarmAtMs = Infinity;
      this.#isDue = true;
    });
  }
}
