import { endStep } from './ending.ts';
import { lookAgain } from './closing.ts';
import { ADMIN, type Core } from './core.ts';
import type { ObligationStatus, StepError } from '../../contracts/messages.ts';
import type { StepRecord } from './state.ts';

/** The step that has duties assessed, once it has started. */
function clockOf(core: Core): StepRecord | undefined {
  return core.state.steps.find((step) => core.node(step).shape === 'clock' && step.startedAtMs !== undefined);
}

/** Whether the duties that are known may not be those of the facts of now. */
export function isBeingAssessed(core: Core): boolean {
  return clockOf(core) !== undefined && (core.state.needsAssessing || core.state.isAssessing);
}

/** Has duties assessed anew when a fact or filing has changed; one assessment at a time. */
export function assess(core: Core): void {
  const { state } = core;
  const clock = clockOf(core);
  if (!clock || !state.needsAssessing || state.isAssessing) return;
  state.needsAssessing = false;
  state.isAssessing = true;
  state.assessments += 1;
  core.commands.push({
    kind: 'assess',
    context: { ...core.context(clock), visit: state.assessments },
    facts: core.factValues(),
  });
}

/** Takes the duties that the facts trigger; the step that asks for them ends with the first answer, its clocks go on. */
export function takeAssessment(core: Core, obligations: readonly ObligationStatus[]): void {
  core.state.isAssessing = false;
  core.state.obligations = [...obligations];
  forget(core, clockOf(core));
  const [nextDueAt] = obligations.flatMap(({ dueAt }) => dueAt ?? []).sort();
  for (const step of core.state.steps) {
    if (core.node(step).shape !== 'clock' || step.state !== 'running') continue;
    const outputs = { obligations: obligations.length, ...(nextDueAt === undefined ? {} : { nextDueAt }) };
    endStep(core, step, 'succeeded', outputs);
  }
  lookAgain(core);
}

const UNASSESSED = 'duties were not found anew';

/** Takes an item of an assessment that failed off the list. */
function forget({ state: { openItems } }: Core, clock: StepRecord | undefined): void {
  const isIt = ({ step, text }: (typeof openItems)[number]): boolean =>
    step === clock?.id && text.startsWith(UNASSESSED);
  openItems.splice(0, openItems.length, ...openItems.filter((item) => !isIt(item)));
}

/**
 * The duties could not be found for good: those that are known stand, their clocks run, and admins are asked to mend what
 * the facts say. The next fact has them assessed again.
 */
export function takeUnassessed(core: Core, error: StepError): void {
  const clock = clockOf(core);
  core.state.isAssessing = false;
  if (!clock) return;
  const text = `${UNASSESSED} (${error.code}): ${error.message}`;
  forget(core, clock);
  core.leaveOpen(clock.id, text);
  core.record('follow-up', 'engine', { step: clock.id, what: text }, `unassessed:${core.state.assessments}`);
  core.page(clock, core.people(ADMIN), text, 1);
}

/** A duty as it stands at this moment: its time may have passed since it was assessed. */
export function present(duty: ObligationStatus, nowMs: number): ObligationStatus {
  const isRunning = duty.state === 'running' || duty.state === 'provisional';
  if (!isRunning || duty.dueAt === undefined || Date.parse(duty.dueAt) > nowMs) return duty;
  return { ...duty, state: 'overdue' };
}

/** The next instant at which a duty becomes overdue, epoch milliseconds. */
export function nextDueMs(core: Core): number | undefined {
  const due = core.state.obligations
    .filter(({ state }) => state === 'running' || state === 'provisional')
    .flatMap(({ dueAt }) => (dueAt === undefined ? [] : [Date.parse(dueAt)]))
    .filter((atMs) => atMs > core.nowMs);
  return due.length === 0 ? undefined : Math.min(...due);
}
