import type { Core } from './core.ts';
import type { StepRecord } from './state.ts';

/** Whether nothing of a step may start now: it, a scope around it, or everything is stopped or halted. */
export function isHeld(core: Core, step: StepRecord): boolean {
  const { isStopped, haltedBy } = core.state;
  if (isStopped || haltedBy !== undefined) return true;
  return core.state.steps.some((other) => other.isStopped === true && covers(other.id, step));
}

/** Whether a step is the one of that id, or inside it. */
export function covers(id: string, step: StepRecord): boolean {
  return step.id === id || step.id.startsWith(`${id}/`);
}
