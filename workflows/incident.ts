import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { IncidentInput, IncidentResult, IncidentStatus } from '../contracts/messages.ts';
import type { JournalHead } from '../contracts/journal.ts';
import { engineActivities } from './activities.ts';
import { Dispatcher } from './dispatcher.ts';
import { answerUpdates } from './updates.ts';
import { childEndedSignal, statusQuery } from './definitions.ts';
import { Interpreter } from './interpreter/interpreter.ts';
import { showIncident } from './search-attributes.ts';

const HISTORY_MAX_EVENTS = 4_000; // replay costs 0.6 ms an event; the server's own hint comes at 4,096
const QUIET_LOOK_MS = 24 * 3_600_000; // with nothing to wake for, look once a day

/**
 * One incident: interprets its plan, waits for people and time, and survives whatever dies.
 *
 * A thin host: decisions are the {@link Interpreter}'s, calls are the {@link Dispatcher}'s. It wakes at events and timers,
 * advances, and continues as new at quiet points.
 */
export async function incident(input: IncidentInput): Promise<IncidentResult> {
  const interpreter = new Interpreter(input, Date.now());
  const wake = { isDue: true };
  const dispatcher = new Dispatcher(interpreter, () => (wake.isDue = true));
  setHandler(statusQuery, (): IncidentStatus => interpreter.status());
  setHandler(childEndedSignal, (report) => dispatcher.takeChild(report));
  answerUpdates(interpreter, () => (wake.isDue = true));
  try {
    await work(input, interpreter, dispatcher, wake);
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => dispatcher.stopChildren());
    throw error;
  }
  await condition(allHandlersFinished);
  const journal = await finish(input, interpreter);
  return { incident: input.incident, state: interpreter.status().state, journal };
}

async function work(
  input: IncidentInput,
  interpreter: Interpreter,
  dispatcher: Dispatcher,
  wake: { isDue: boolean },
): Promise<void> {
  for (;;) {
    wake.isDue = false;
    dispatcher.dispatch(interpreter.advance(Date.now()));
    dispatcher.flush();
    const status = interpreter.status();
    showIncident(input, status);
    setCurrentDetails(detailsOf(status));
    if (isTimeToContinue() && dispatcher.isQuiet && allHandlersFinished()) {
      await continueAsNew<typeof incident>({ ...input, state: interpreter.carry() });
    }
    if (interpreter.isFinished && dispatcher.isQuiet) return; // after the advance: the last answer has been taken
    const wakeAtMs = interpreter.nextWakeAtMs();
    const sleepMs =
      wakeAtMs === undefined ? QUIET_LOOK_MS : Math.max(1, Math.min(QUIET_LOOK_MS, wakeAtMs - Date.now()));
    await condition(() => wake.isDue, sleepMs);
  }
}

function isTimeToContinue(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > HISTORY_MAX_EVENTS;
}

async function finish({ incident: id }: IncidentInput, interpreter: Interpreter): Promise<JournalHead | undefined> {
  const { pending } = interpreter.core.state;
  const head = await engineActivities('closes the journal')['engine.record']({ incident: id, journal: pending });
  await engineActivities('the head leaves the house')['engine.anchor']({ incident: id, reason: 'end' });
  return head;
}

/** The incident as Markdown for the Temporal UI. */
function detailsOf({ state, stopped, steps, gates, asks }: IncidentStatus): string {
  const open = gates
    .filter((gate) => gate.state === 'open')
    .map((gate) => `- gate ${gate.id} waits for ${gate.roles.join(', ')}`);
  const asked = asks.map((ask) => `- ${ask.step} waits for ${ask.of}`);
  const done = steps.filter((step) => ['succeeded', 'partial', 'skipped'].includes(step.state)).length;
  return [`**${state}**${stopped ? ' (stopped)' : ''}: ${done} of ${steps.length} steps done`, ...open, ...asked].join(
    '\n',
  );
}
