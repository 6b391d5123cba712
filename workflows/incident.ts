import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { answerUpdates } from './updates.ts';
import { Calls } from './calls.ts';
import { childEndedSignal, childHoldsSignal, statusQuery } from './definitions.ts';
import { engineActivities } from './activities.ts';
import { Interpreter } from './interpreter/interpreter.ts';
import { behaves, isRunnable } from './patches.ts';
import { ListEntry } from './search-attributes.ts';
import type { Command } from './interpreter/commands.ts';
import type { ChildEnded, IncidentInput, IncidentResult, IncidentStatus } from '../contracts/messages.ts';
import type { EngineEvent } from './interpreter/events.ts';
import type { Glance } from './interpreter/status.ts';
import type { JournalHead } from '../contracts/journal.ts';

const HISTORY_MAX_EVENTS = 4_000; // replay costs 0.6 ms an event; the server's own hint comes at 4,096

/**
 * One incident: interprets its plan, waits for people and time, and survives whatever dies.
 *
 * A thin host: decisions are the {@link Interpreter}'s, calls are those of {@link Calls}. It wakes at events and timers,
 * advances, and continues as new at quiet points.
 */
export async function incident(input: IncidentInput): Promise<IncidentResult> {
  if (!isRunnable(input.engineVersion))
    throw ApplicationFailure.nonRetryable(`engine version ${input.engineVersion} is not known here`, 'ENGINE_INTERNAL');
  const host = new IncidentHost(input);
  for (;;) {
    try {
      await host.work();
    } catch (error) {
      if (isCancellation(error)) await CancellationScope.nonCancellable(() => host.cancel());
      throw error;
    }
    const result = await host.finish();
    if (host.isOver) return result;
  }
}

class IncidentHost {
  readonly #input: IncidentInput;
  readonly #interpreter: Interpreter;
  readonly #calls: Calls;
  readonly #entry: ListEntry;
  #isDue = true;
  /** Due time of the earliest timer that is set. Timers are never cancelled: one that comes too early wakes for nothing. */
  #alarmAtMs = Infinity;
  #details = '';

  /** Sets every handler before anything is awaited: an Update without a handler would be refused. */
  constructor(input: IncidentInput) {
    const interpreter = new Interpreter(input, Date.now());
    const take = (...events: readonly EngineEvent[]): void => {
      for (const event of events) interpreter.take(event, Date.now());
      this.#isDue = true;
    };
    this.#input = input;
    this.#interpreter = interpreter;
    this.#calls = new Calls(interpreter, take);
    const { typedSearchAttributes } = workflowInfo();
    this.#entry = new ListEntry(behaves('startAtDoor', input.engineVersion) ? typedSearchAttributes : undefined);
    setHandler(statusQuery, (): IncidentStatus => interpreter.status());
    setHandler(childEndedSignal, (report) => take(eventOf(report)));
    setHandler(childHoldsSignal, (report) => take({ kind: 'childHolds', ...report }));
    answerUpdates(interpreter, () => {
      this.#isDue = true;
    });
  }

  /** Works until the incident's own work is done. */
  async work(): Promise<void> {
    if (this.#input.state !== undefined) this.#calls.restate();
    for (;;) {
      this.#isDue = false;
      // Under a stream of facts the engine's own calls would never let a quiet point come: they wait for the next run.
      const isDraining = isTimeToContinue() && this.#calls.isNearlyQuiet;
      const commands = this.#interpreter.advance(Date.now(), isDraining);
      const isLast = this.#isLast(commands);
      if (!isLast) this.#calls.start(commands, isDraining);
      this.#show();
      if (isLast) return;
      const isQuiet = this.#calls.isQuiet && !this.#isDue;
      if (isQuiet && this.#interpreter.isFinished) return;
      if (isQuiet && isTimeToContinue() && allHandlersFinished())
        await continueAsNew<typeof incident>({ ...this.#input, state: this.#interpreter.carry() });
      this.#setAlarm(isDraining);
      await condition(() => this.#isDue);
    }
  }

  /** Whether nothing is left but the end itself, which says the state that was reached. */
  #isLast(commands: readonly Command[]): boolean {
    if (!behaves('stateWithAnchor', this.#input.engineVersion)) return false;
    const isIdle = this.#calls.isQuiet && commands.every(({ kind }) => kind === 'setState');
    return isIdle && this.#interpreter.isFinished;
  }

  #setAlarm(isDraining: boolean): void {
    const flushMs = isDraining ? Infinity : this.#calls.nextFlushMs();
    const atMs = Math.min(this.#interpreter.nextWakeAtMs(isDraining), flushMs);
    if (atMs >= this.#alarmAtMs) return;
    this.#alarmAtMs = atMs;
    void sleep(Math.max(1, atMs - Date.now())).then(
      () => {
        if (this.#alarmAtMs === atMs) this.#alarmAtMs = Infinity;
        this.#isDue = true;
      },
      () => undefined, // the workflow was cancelled; work() sees it
    );
  }

  #show(): void {
    const glance = this.#interpreter.glance();
    this.#entry.show(this.#input, glance);
    const details = detailsOf(glance);
    if (details !== this.#details) setCurrentDetails(details);
    this.#details = details;
  }

  /** Ends everything: permits are flipped, rollouts end with what they have, the journal is complete. */
  async cancel(): Promise<void> {
    this.#calls.start(this.#interpreter.cancel(Date.now()), false);
    await condition(() => this.#calls.isQuiet);
    await this.finish();
  }

  /** Completes the journal and sends its head out of the house. */
  async finish(): Promise<IncidentResult> {
    await condition(allHandlersFinished);
    const { incident: id } = this.#input;
    const journal = await this.#complete();
    return { incident: id, state: this.#interpreter.core.state.incidentState, journal };
  }

  /** Whether nothing came in while the incident ended: what people said meanwhile is recorded first, and done. */
  get isOver(): boolean {
    if (!behaves('stateWithAnchor', this.#input.engineVersion)) return true;
    return this.#interpreter.isFinished && this.#interpreter.core.state.pending.length === 0;
  }

  async #complete(): Promise<JournalHead> {
    const { incident: id, engineVersion } = this.#input;
    const { pending, incidentState: state } = this.#interpreter.core.state;
    if (behaves('stateWithAnchor', engineVersion)) {
      const end = { incident: id, state, journal: [...pending], anchor: 'end' };
      const head = await engineActivities(`the incident is ${state}, its head leaves the house`)['engine.setState'](
        end,
      );
      this.#interpreter.take({ kind: 'journalled', keys: end.journal.map(({ key }) => key) }, Date.now());
      return head!;
    }
    const isShort = behaves('shortEnding', engineVersion);
    const appended = isShort
      ? undefined
      : await engineActivities('completes the journal')['engine.record']({ incident: id, journal: pending });
    const last = { incident: id, reason: 'end', ...(isShort ? { journal: pending } : {}) }; // records travel with any call
    const anchored = await engineActivities('the head leaves the house')['engine.anchor'](last);
    return appended ?? anchored;
  }
}

function eventOf({ step, visit, result }: ChildEnded): EngineEvent {
  const { state, outputs, error, openItems = [] } = result;
  if (error && state === 'failed') return { kind: 'actionFailed', step, visit, error };
  return { kind: 'actionEnded', step, visit, outputs, openItems, state: state === 'partial' ? 'partial' : 'succeeded' };
}

function isTimeToContinue(): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > HISTORY_MAX_EVENTS;
}

/** The incident as Markdown for the Temporal UI. */
function detailsOf({ state, stopped, steps, done, openGates, asks }: Glance): string {
  const open = openGates.map(({ id, roles }) => `- gate ${id} waits for ${roles.join(', ')}`);
  const asked = asks.map((ask) => `- ${ask.step} waits for ${ask.of}`);
  const head = `**${state}**${stopped ? ' (stopped)' : ''}: ${done} of ${steps} steps done`;
  return [head, ...open, ...asked].join('\n');
}
