import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError, isGrpcServiceError, type WorkflowHandle } from '@temporalio/client';
import { approve, begin, bounded, brief, patiently } from '../grid/cell-incident.ts';
import { Fleet } from './fleet.ts';
import { judge } from '../grid/judge.ts';
import { notices, type Act } from '../grid/acts.ts';
import { startGridStack, type GridStack, type StackOptions } from '../grid/stack.ts';
import type { IncidentId } from '../../../contracts/ids.ts';

/** By hand: the sizes that the promises name. */
export const isLong = process.env['FIREBREAK_CRASH_ALL'] === '1';
/** Longest time a rollout may take, in milliseconds. */
export const END_WITHIN_MS = isLong ? 3_600_000 : 420_000;
/** A rollout goes on that soon after what was away is back. */
export const RESUMES_WITHIN_MS = 60_000;
export const LOOK_EVERY_MS = 50;

const MAIL_LATENCY_MS = 15; // stretches a rollout, so that a disturbance falls into the middle of it
const BEGUN_MAILS = 10;

/** A rollout that is disturbed. */
export interface Run {
  readonly tag: string;
  readonly incident: IncidentId;
  readonly isOver: () => boolean;
}

/** Readers of a rollout of notices, and unknown outcomes that its disturbance may leave. */
export interface Readers {
  readonly readers: number;
  readonly most: number;
  /** Readers a page; absent: all in one. */
  readonly page?: number;
}

/** A stack that keeps all on disk, with production workers: rollouts run on it, are disturbed, and judged from outside. */
export class Stage {
  readonly stack: GridStack;
  readonly fleet: Fleet;
  #runs = 0;

  private constructor(stack: GridStack, fleet: Fleet) {
    this.stack = stack;
    this.fleet = fleet;
  }

  static async open(workers: number, options: Pick<StackOptions, 'disk' | 'settings'> = {}): Promise<Stage> {
    const kept = { namespaces: ['default'], isMortal: true, mailLatencyMs: MAIL_LATENCY_MS };
    const stack = await startGridStack({ ...kept, ...options });
    return new Stage(stack, await Fleet.start(stack, workers));
  }

  async close(): Promise<void> {
    await this.fleet.close();
    await this.stack.close();
  }

  /** Mails that the sink has taken of a run. */
  taken(tag: string): number {
    const { messages } = this.stack.outside.mail;
    return messages.filter(({ recipients }) => recipients.some((to) => to.startsWith(`${tag}-`))).length;
  }

  async untilTaken(tag: string, count: number, withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (this.taken(tag) < count) {
      if (Date.now() > deadline)
        throw new Error(
          `${this.taken(tag)} mails of ${count} within ${withinMs / 1_000} s; the workers said ${this.fleet.said}`,
        );
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Waits for the first mail since what was away is back. @throws AssertionError where that takes a minute. */
  async resumes(tag: string, before: number, what: string): Promise<void> {
    const backAt = performance.now();
    await this.untilTaken(tag, before + 1, END_WITHIN_MS);
    const resumedAfterMs = performance.now() - backAt;
    console.log(`      first mail ${(resumedAfterMs / 1_000).toFixed(1)} s after ${what} is back`);
    assert.ok(resumedAfterMs < RESUMES_WITHIN_MS, `${resumedAfterMs} ms; the workers said ${this.fleet.said}`);
  }

  /** Runs one act over its targets, disturbs it, and judges. */
  async play(
    act: Act,
    disturb: (run: Run) => Promise<void>,
  ): Promise<{ readonly tag: string; readonly unknown: number }> {
    const { stack } = this;
    this.#runs += 1;
    const tag = `o${this.#runs}`;
    await this.fleet.ready();
    const { incident, handle } = await begin(stack, stack.client('default'), act, { tag, prepared: '', isGated: true });
    await approve(handle);
    let isOver = false;
    const ended = bounded(resultOf(handle), END_WITHIN_MS).finally(() => (isOver = true));
    ended.catch(() => undefined); // awaited below
    await disturb({ tag, incident, isOver: () => isOver });
    await ended.catch(async (error: unknown) => {
      throw new Error(`the incident did not end: ${JSON.stringify(await brief(handle))}`, { cause: error });
    });
    const scene = { tag, outside: stack.outside, incident };
    const seenBefore = await act.seen(scene);
    const broken = await patiently(() => judge(stack, act, scene, { seenBefore, isGated: true }));
    assert.deepEqual(broken, []);
    const { unknown = 0 } = await stack.ledger.effects.counts(incident, act.action);
    return { tag, unknown };
  }

  /** Sends notices, and disturbs once some have gone out. */
  async tell({ readers, most, page }: Readers, disturb: (run: Run) => Promise<void>): Promise<void> {
    const { tag, unknown } = await this.play(notices(readers, most, page), async (run) => {
      await this.untilTaken(run.tag, BEGUN_MAILS, END_WITHIN_MS);
      await disturb(run);
    });
    console.log(`      ${readers} readers: ${this.taken(tag)} mails taken, ${unknown} unknown`);
  }
}

/** The result of an incident, asked for again while the server is away. */
async function resultOf(handle: WorkflowHandle): Promise<unknown> {
  for (;;) {
    try {
      return (await handle.result()) as unknown;
    } catch (error) {
      if (!(error instanceof ServiceError || isGrpcServiceError(error))) throw error;
      await sleep(10 * LOOK_EVERY_MS);
    }
  }
}
