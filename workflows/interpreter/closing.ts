import type { IncidentState } from '../../contracts/messages.ts';
import { isEnded, type Core } from './core.ts';
import { roundsOf } from './scopes.ts';
import { isUndecided } from './steps.ts';
import type { StepRecord } from './state.ts';

const LOOK_AGAIN_MS = 15 * 60 * 1_000; // a duty may be settled without a message to the workflow, e.g. a follow-up's owner

/**
 * Whether an incident may be closed as far as its own steps go: no step open that does not outlive it, no round open.
 * What is missing is what the step then waits for. Duties under law are asked of the ledger by the action itself.
 */
export function openDuties(core: Core, close: StepRecord): boolean {
  const round = core.state.steps.find(
    (step) => core.node(step).shape === 'scope' && !isEnded(step) && roundsOf(core, step).length > 0,
  );
  const open = core.state.steps.find(
    (step) =>
      step !== close &&
      core.node(step).outlives !== 'close' &&
      core.node(step).shape !== 'clock' &&
      (!isEnded(step) || isUndecided(core, step)),
  );
  if (!round && !open) return true;
  close.waitsFor = round ? 'round' : 'steps';
  close.error = round
    ? { code: 'INCIDENT_ROUND_OPEN', message: `round ${round.id} is still open` }
    : { code: 'INCIDENT_STEP_OPEN', message: `step ${open!.id} is still open` };
  return false;
}

/** The close was refused because a duty is open: it waits and looks again whenever something changes. */
export function waitForDuty(
  core: Core,
  close: StepRecord,
  error: { readonly code: string; readonly message: string },
): void {
  close.state = 'pending';
  close.waitsFor = 'duty';
  close.error = error;
  close.visit += 1;
  delete close.isAsked;
  delete close.with;
  close.wakeAtMs = core.nowMs + LOOK_AGAIN_MS;
}

/** Lets a close that waits for a duty look again. */
export function lookAgain(close: StepRecord | undefined): void {
  if (close?.waitsFor === 'duty') delete close.wakeAtMs;
}

const ORDER: readonly IncidentState[] = ['declared', 'contained', 'told', 'recovered', 'closed'];

function allEnded(core: Core, belongs: (step: StepRecord) => boolean): boolean {
  const steps = core.state.steps.filter(belongs);
  return steps.length > 0 && steps.every((step) => isEnded(step) && !isUndecided(core, step));
}

/** The state that the ended steps carry the incident to; it only ever moves forward. */
export function reachedState(core: Core): IncidentState {
  const { state } = core;
  const scopesOpen = core.state.steps.some((step) => core.node(step).shape === 'scope' && step.state === 'pending');
  const isContained = !scopesOpen && allEnded(core, (step) => core.node(step).tags.includes('mitigation'));
  const isTold = isContained && allEnded(core, (step) => core.node(step).uses === 'notices.send');
  const isRecovered =
    isTold &&
    allEnded(core, (step) => core.node(step).uses !== 'incident.close' && core.node(step).outlives !== 'close');
  const close = state.steps.find((step) => core.node(step).uses === 'incident.close');
  const reached =
    close?.state === 'succeeded'
      ? 'closed'
      : isRecovered
        ? 'recovered'
        : isTold
          ? 'told'
          : isContained
            ? 'contained'
            : 'declared';
  return ORDER.indexOf(reached) > ORDER.indexOf(state.incidentState) ? reached : state.incidentState;
}
