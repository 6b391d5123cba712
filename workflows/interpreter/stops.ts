import { acts } from './ending.ts';
import { ADMIN, isEnded, type Core } from './core.ts';
import { dropAsk } from './asks.ts';
import { endStep } from './ending.ts';
import { covers } from './held.ts';
import { finish, mayAct } from './holds.ts';
import { permitOf } from './grounds.ts';
import { voidOpen } from './gates.ts';
import type { StepRecord } from './state.ts';
import type { StopMessage } from '../../contracts/messages.ts';

/** Steps at work that claim effects: their permits are flipped before anything else. */
function acting(core: Core, only: string | undefined): readonly StepRecord[] {
  return core.state.steps.filter(
    (step) =>
      step.isAsked === true && acts(core.node(step)) && !isEnded(step) && (only === undefined || covers(only, step)),
  );
}

/** Stops a step, what is inside it, or everything, before the next target. @returns what it led to, one sentence. */
export function stop(core: Core, { step: only, by, role, reason, id }: StopMessage): string {
  const body = { role, reason, ...(only === undefined ? {} : { step: only }) };
  core.record('stop', by, body, `stop:${id}`);
  if (only === undefined) core.state.isStopped = true;
  else core.step(only)!.isStopped = true;
  for (const step of acting(core, only))
    core.commands.push({ kind: 'setPermit', permit: permitOf(core, step, 'stopped'), tell: 'stop' });
  return `${only ?? 'the incident'} is stopped before the next target`;
}

/** Lifts a stop, and a halt with it. @returns what it led to, one sentence. */
export function resume(core: Core, { step: only, by, role, reason, id }: StopMessage): string {
  const body = { role, reason, ...(only === undefined ? {} : { step: only }) };
  core.record('resume', by, body, `resume:${id}`);
  if (only === undefined) {
    core.state.isStopped = false;
    delete core.state.haltedBy;
  } else delete core.step(only)!.isStopped;
  for (const step of acting(core, only)) {
    if (mayAct(core, step))
      core.commands.push({ kind: 'setPermit', permit: permitOf(core, step, 'open'), tell: 'resume' });
  }
  return `${only ?? 'the incident'} goes on`;
}

/** The workflow was cancelled: every permit is flipped, rollouts end with what they have, nothing more is asked. */
export function cancelAll(core: Core): void {
  core.state.isStopped = true;
  core.state.incidentState = 'stopped';
  core.record('stop', ADMIN, { reason: 'the workflow was cancelled' }, 'stop:cancelled');
  core.record('incident.state', 'engine', { state: 'stopped' }, 'incident.state:stopped');
  for (const step of acting(core, undefined)) finish(core, step);
  for (const step of core.state.steps) {
    if (isEnded(step)) continue;
    voidOpen(core, step, 'the incident was cancelled');
    dropAsk(core, step);
    if (step.isAsked !== true) endStep(core, step, 'cancelled');
  }
  core.commands.push({ kind: 'setState', state: 'stopped' });
}
