import { isEnded, type Core } from './core.ts';
import { isSettled } from './ending.ts';
import type { IncidentState, StepError } from '../../contracts/messages.ts';
import type { StepRecord } from './state.ts';

const LOOK_AGAIN_MS = 15 * 60_000; // a duty may be settled without a message to the workflow, e.g. a follow-up's owner
const NAMED_MAX = 8; // steps named in a refusal; the rest are counted

/**
 * Whether an incident may be closed as far as its own steps go: no round open, no step open that does not outlive it.
 *
 * What is missing is shown at the close step, which waits. Duties under law are asked of the ledger by the action itself.
 */
export function mayClose(core: Core, close: StepRecord): boolean {
  const open = core.state.steps.filter(
    (step) => step !== close && core.node(step).outlives !== 'close' && !isSettled(core, step),
  );
  if (open.length === 0) return true;
  const rounds = open.filter((step) => core.node(step).shape === 'scope' && !isEnded(step));
  const names = (rounds.length > 0 ? rounds : open).map(({ id }) => id);
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  const listed = `${names.slice(0, NAMED_MAX).join(', ')}${more}`;
  close.waitsFor = 'duty';
  close.error =
    rounds.length > 0
      ? { code: 'INCIDENT_ROUND_OPEN', message: `still open: ${listed}` }
      : { code: 'INCIDENT_STEP_OPEN', message: `still open: ${listed}` };
  return false;
}

/** The close was refused because a duty is open: it waits, shows what is open, and looks again when something changes. */
export function waitForDuty(core: Core, close: StepRecord, error: StepError): void {
  close.state = 'pending';
  close.waitsFor = 'duty';
  close.error = error;
  close.visit += 1;
  delete close.startedAtMs;
  close.wakeAtMs = core.nowMs + LOOK_AGAIN_MS;
}

/** Lets a close that waits for a duty look again: a fact, an answer or a clock has changed. */
export function lookAgain(core: Core): void {
  for (const step of core.state.steps) {
    if (core.node(step).uses === 'incident.close' && step.waitsFor === 'duty') delete step.wakeAtMs;
  }
}

const ORDER: readonly IncidentState[] = ['declared', 'contained', 'told', 'recovered', 'closed'];

/**
 * The state that the ended steps carry the incident to; it only ever moves forward.
 *
 * A state whose steps the plan does not have is passed through together with the next one that has some.
 */
export function reachedState(core: Core): IncidentState {
  const { steps, incidentState } = core.state;
  if (incidentState === 'stopped') return incidentState;
  const isOpen = (belongs: (step: StepRecord) => boolean): boolean =>
    steps.some((step) => belongs(step) && !isSettled(core, step));
  const has = (belongs: (step: StepRecord) => boolean): boolean => steps.some(belongs);
  const mitigates = (step: StepRecord): boolean => core.node(step).tags.includes('mitigation');
  const tells = (step: StepRecord): boolean => core.node(step).uses === 'notices.send';
  const closes = (step: StepRecord): boolean => core.node(step).uses === 'incident.close';
  const isPart = (step: StepRecord): boolean => !closes(step) && core.node(step).outlives !== 'close';
  // A scope that has not opened yet may hold steps of every kind.
  const isUnknown = isOpen((step) => core.node(step).shape === 'scope' && step.state === 'pending');
  const reached: IncidentState[] = ['declared'];
  if (!isUnknown && has(mitigates) && !isOpen(mitigates)) reached.push('contained');
  if (!isUnknown && has(tells) && !isOpen(mitigates) && !isOpen(tells)) reached.push('told');
  if (has(isPart) && !isOpen(isPart)) reached.push('recovered');
  if (steps.some((step) => closes(step) && step.state === 'succeeded')) reached.push('closed');
  const highest = reached.at(-1)!;
  return ORDER.indexOf(highest) > ORDER.indexOf(incidentState) ? highest : incidentState;
}
