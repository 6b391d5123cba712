import type { Core } from './core.ts';
import type { StepRecord } from './state.ts';

/** Whether nothing of a step may start now: it, a scope around it, or everything is stopped or halted. */
export function isHeld(core: Core, step: StepRecord): boolean {
  return core.state.haltedBy !== undefined || isStopped(core, step);
}

/** Whether people stopped a step, a scope around it, or everything: a halt lets go on what is under way. */
export function isStopped(core: Core, step: StepRecord): boolean {
  return core.state.isStopped || core.state.steps.some((other) => other.isStopped === true && covers(other.id, step));
}

/** How the rollout of a step visit stands, as people want it by now. */
export interface Standing {
  readonly stopped: boolean;
  readonly paused: boolean;
  /** It is to end with what it has done. */
  readonly isGivenUp: boolean;
  /** Its gate was answered: what waits for that may follow. */
  readonly isLetThrough: boolean;
}

/** What people want of a rollout by now: a word that came before there was a child has reached nobody. */
export function standingOf(core: Core, id: string, visit: number): Standing {
  const step = core.step(id);
  if (step?.visit !== visit) return { stopped: false, paused: false, isGivenUp: true, isLetThrough: false };
  const gate = core.state.gates.find((one) => one.id === step.gate);
  return {
    stopped: isStopped(core, step),
    paused: step.isPaused === true,
    isGivenUp: step.isGivenUp === true,
    isLetThrough: gate?.state === 'approved',
  };
}

/** Whether a step is the one of that id, or inside it. */
export function covers(id: string, step: StepRecord): boolean {
  return step.id === id || step.id.startsWith(`${id}/`);
}
