import { childWorkflowId } from '../contracts/ids.ts';
import { finishSignal, pauseSignal, releaseSignal, resumeSignal, stopSignal } from './definitions.ts';
import { behaves } from './patches.ts';
import { standingOf, type Standing } from './interpreter/held.ts';
import { startOnce, tell, type Children } from './children.ts';
import type { CallContext } from '../contracts/effects.ts';
import type { Core } from './interpreter/core.ts';
import type { ExternalWorkflowHandle } from '@temporalio/workflow';
import type { RolloutInput } from '../contracts/messages.ts';

const WORDS = { stop: stopSignal, pause: pauseSignal, resume: resumeSignal, finish: finishSignal } as const;

/** What an incident says to the child of a step. */
export type Word = keyof typeof WORDS;

/** What a step's child is to be told by now. */
export function wordFor(core: Core, step: string, visit: number): Word {
  const { stopped, paused, isGivenUp } = standingOf(core, step, visit);
  return isGivenUp ? 'finish' : stopped ? 'stop' : paused ? 'pause' : 'resume';
}

type Visit = Pick<CallContext, 'incident' | 'step' | 'visit'>;

/** The children of an incident's steps: rollouts, and what goes on after the close. One that is lost is noticed. */
export class StepChildren {
  readonly #core: Core;
  readonly #onLost: (step: string, visit: number) => void;
  /** Children that are being started: until they are there, a word that nobody hears says nothing of them. */
  readonly #starting = new Set<string>();

  /** @param onLost - called when a child ended without a report, for instance because an operator terminated it. */
  constructor(core: Core, onLost: (step: string, visit: number) => void) {
    this.#core = core;
    this.#onLost = onLost;
  }

  /** A child will be started; returns what is called once it is there, or never will be. */
  expect({ incident, step, visit }: Visit): () => void {
    const id = childWorkflowId(incident, step, visit);
    this.#starting.add(id);
    return () => this.#starting.delete(id);
  }

  /** Starts the child of a step visit. */
  async begin<Type extends 'rollout' | 'outlasting'>(
    type: Type,
    { incident, step, visit }: Visit,
    input: Children[Type],
    title: string,
  ): Promise<void> {
    const id = childWorkflowId(incident, step, visit);
    await startOnce(type, id, input, `${step}: ${title}`, () => this.#onLost(step, visit));
    this.#starting.delete(id);
  }

  /** Starts a rollout as people want it by now, and tells it what was said while it was being started. */
  async beginRollout(input: RolloutInput): Promise<void> {
    const { call, step, ceiling } = input;
    const { stopped, paused } = standingOf(this.#core, call.step, call.visit);
    await this.begin('rollout', call, { ...input, stopped, paused }, step.title);
    if (behaves('wordByNow', input.engineVersion ?? 1)) return this.#catchUp(input, { stopped, paused });
    const now = standingOf(this.#core, call.step, call.visit);
    if (now.isGivenUp) return this.say(call, 'finish');
    if (ceiling !== undefined && now.isLetThrough)
      await this.tell(call, (child) => child.signal(releaseSignal, { reason: 'gate' }));
    const isLifted = (stopped && !now.stopped) || (paused && !now.paused);
    if (isLifted) await this.say(call, 'resume');
    if (now.stopped && (isLifted || !stopped)) await this.say(call, 'stop');
    if (now.paused && (isLifted || !paused)) await this.say(call, 'pause');
  }

  /** Each word is the one of the moment in which it is said: what was found out before an `await` may be over. */
  async #catchUp({ call, ceiling }: RolloutInput, told: { readonly stopped: boolean; readonly paused: boolean }) {
    const standing = (): Standing => standingOf(this.#core, call.step, call.visit);
    if (ceiling !== undefined && standing().isLetThrough)
      await this.tell(call, (child) => child.signal(releaseSignal, { reason: 'gate' }));
    const { stopped, paused, isGivenUp } = standing();
    if (isGivenUp || stopped !== told.stopped || paused !== told.paused)
      await this.say(call, wordFor(this.#core, call.step, call.visit));
  }

  /** Tells a step's child something; where it has one and nobody is there, it was lost. */
  async tell({ incident, step, visit }: Visit, send: (child: ExternalWorkflowHandle) => Promise<void>): Promise<void> {
    const id = childWorkflowId(incident, step, visit);
    const isHeard = await tell(id, send);
    if (!isHeard && this.#hasChild(step) && !this.#starting.has(id)) this.#onLost(step, visit);
  }

  /** Tells a step's child what people want of it. */
  say(to: Visit, word: Word): Promise<void> {
    return this.tell(to, (child) => child.signal(WORDS[word]));
  }

  /** Cancels a step's child, where it has one. */
  async cancel(of: Visit): Promise<void> {
    if (this.#hasChild(of.step)) await this.tell(of, (child) => child.cancel());
  }

  /**
   * Tells the children that an earlier run started how people want them: one that nobody hears was lost meanwhile, since
   * only the run that started a child sees it end.
   */
  async restate(): Promise<void> {
    const asked = this.#core.state.steps.filter(({ id, isAsked }) => isAsked === true && this.#hasChild(id));
    await Promise.all(
      asked.map((step) => this.say(this.#core.context(step), wordFor(this.#core, step.id, step.visit))),
    );
  }

  #hasChild(id: string): boolean {
    const step = this.#core.step(id);
    if (!step) return false;
    const { shape, outlives } = this.#core.node(step);
    return shape === 'page' || (shape === 'single' && outlives === 'close');
  }
}
