import { addInputFacts } from './facts.ts';
import { assess, nextDueMs, takeAssessment, takeUnassessed } from './duties.ts';
import { behaves } from '../patches.ts';
import { cancelAll } from './stops.ts';
import { cardDueMs, drawCard } from './card.ts';
import { Core } from './core.ts';
import { createState, type EngineState, type GateRecord, type StepRecord } from './state.ts';
import { endKnown, remind } from './asks.ts';
import { endScopes } from './scopes.ts';
import { endTimers, movePending } from './start.ts';
import { expire } from './escalation.ts';
import { failStep } from './failures.ts';
import { isSettled } from './ending.ts';
import { letThrough } from './preauthorised.ts';
import { lookAgain, reachedState } from './closing.ts';
import { glanceAt, statusOf, type Glance } from './status.ts';
import { takeFailure, takeResult } from './results.ts';
import { takeForecast } from './preview.ts';
import { takeHold } from './holds.ts';
import { takeOpened, tidyGates, voidGate } from './gates.ts';
import { askAgain, takeProven } from './unproven.ts';
import { takeUndone } from './undo.ts';
import type { Command } from './commands.ts';
import type { EngineEvent } from './events.ts';
import type { IncidentInput, IncidentStatus } from '../../contracts/messages.ts';
import type { JsonObject } from '../../contracts/json.ts';

const ANCHOR_EVERY_MS = 60 * 60_000; // the journal's head leaves the house hourly (design section 9)
const PASSES_MAX = 10_000; // far above what 500 steps can take: a pass ends or starts one, or is the last

/**
 * The pure core of the engine: a plan, events in, commands out.
 *
 * The host tells it the time and what happened, takes the commands of {@link Interpreter.advance}, and sleeps until
 * {@link Interpreter.nextWakeAtMs} or the next event. The same events in the same order give the same commands.
 */
export class Interpreter {
  readonly core: Core;

  /**
   * @param input - what the workflow was started with; `input.state` is what an earlier run carried over.
   * @param nowMs - workflow time, epoch milliseconds.
   */
  constructor(input: IncidentInput, nowMs: number) {
    const carried = input.state as EngineState | undefined;
    this.core = new Core(input, carried ?? createState(input, nowMs), nowMs);
    if (carried) {
      // The clocks are looked for: only the run that started one sees it end.
      if (Object.keys(carried.clocks).length > 0) carried.needsAssessing = true;
      return;
    }
    addInputFacts(this.core);
    const isAnchored = behaves('startAtDoor', input.engineVersion) && input.isAnchored === true;
    if (!isAnchored) this.core.commands.push({ kind: 'anchor', reason: 'start' });
  }

  /** Tells what happened. An answer that nobody waits for any more (a repeat, an old visit) changes nothing. */
  take(event: EngineEvent, nowMs: number): void {
    const { core } = this;
    core.nowMs = nowMs;
    switch (event.kind) {
      case 'actionEnded':
        return this.#answering(event, (step) => takeResult(core, step, event));
      case 'actionFailed':
        return this.#answering(event, (step) => takeFailure(core, step, event.error));
      case 'childHolds':
        return this.#answering(event, (step) => takeHold(core, step, event));
      case 'undone':
        return takeUndone(core, core.step(event.step)!, event.error);
      case 'gateOpened':
        return this.#opening(event.gate, (gate, step) => {
          if (core.input.mode === 'preview') return takeForecast(core, step, gate, event);
          takeOpened(core, gate, event.digest, event.shows);
          letThrough(core, step, gate, event.ofKinds ?? 0);
        });
      case 'gateFailed':
        return this.#opening(event.gate, (gate, step) => {
          voidGate(core, gate, 'it could not be opened');
          failStep(core, step, event.error);
        });
      case 'permitOpened':
        return this.#answering(event, (step) => takeProven(core, step, event.digests));
      case 'permitRefused':
        return this.#answering(event, (step) => askAgain(core, step, event.error));
      case 'assessed':
        return takeAssessment(core, event.obligations);
      case 'assessFailed':
        return takeUnassessed(core, event.error);
      case 'clockLost':
        core.state.needsAssessing = true;
        return;
      case 'cardDrawn':
        core.state.card.isBeingDrawn = false;
        return;
      case 'journalled':
        return this.#confirm(event.keys);
    }
  }

  #answering({ step: id, visit }: { readonly step: string; readonly visit: number }, take: (step: StepRecord) => void) {
    const step = this.core.step(id);
    if (step?.visit === visit && step.isAsked === true) take(step);
  }

  #opening(id: string, take: (gate: GateRecord, step: StepRecord) => void): void {
    const gate = this.core.state.gates.find((one) => one.id === id);
    const step = this.core.step(gate?.step ?? '');
    if (gate?.digest === '' && gate.state === 'open' && step?.gate === id) take(gate, step);
  }

  /** Records are in the ledger; after a decision the journal's head leaves the house. */
  #confirm(keys: readonly string[]): void {
    const { core } = this;
    const confirmed = new Set(keys);
    const before = core.state.pending;
    core.state.pending = before.filter(({ key }) => !confirmed.has(key));
    if (before.some(({ kind, key }) => kind === 'decision' && confirmed.has(key))) this.#anchor('decision');
  }

  #anchor(reason: string): void {
    this.#noteAnchor();
    this.core.commands.push({ kind: 'anchor', reason });
  }

  #noteAnchor(): void {
    const { state, nowMs } = this.core;
    state.anchored = { atMs: nowMs, records: state.sequence };
  }

  /** When the head leaves the house at the latest; never while nothing was recorded since it last did. */
  #anchorAtMs(): number {
    const { anchored, sequence } = this.core.state;
    return sequence > anchored.records ? anchored.atMs + ANCHOR_EVERY_MS : Infinity;
  }

  /**
   * Does everything that can be done now. @returns the commands, in order.
   *
   * @param isDraining - the host waits for a quiet point: duties and card wait for the next run.
   */
  advance(nowMs: number, isDraining = false): readonly Command[] {
    const { core } = this;
    core.nowMs = nowMs;
    this.#wake();
    for (let pass = 0; pass < PASSES_MAX; pass += 1) {
      const before = core.state.sequence;
      endKnown(core);
      endScopes(core);
      for (const step of [...core.state.steps]) if (step.state === 'pending') movePending(core, step);
      if (core.state.sequence === before) break; // every start and end leaves a record
    }
    this.#reachState();
    tidyGates(core);
    if (!isDraining) {
      assess(core);
      drawCard(core);
    }
    const { commands } = core;
    core.commands = [];
    return commands;
  }

  /** The workflow was cancelled. @returns the commands that end everything. */
  cancel(nowMs: number): readonly Command[] {
    this.core.nowMs = nowMs;
    cancelAll(this.core);
    const { commands } = this.core;
    this.core.commands = [];
    return commands;
  }

  #wake(): void {
    const { core } = this;
    const { state, nowMs } = core;
    endTimers(core);
    for (const gate of state.gates) if (isAnswerable(gate) && gate.expiresAtMs <= nowMs) expire(core, gate);
    for (const ask of state.asks) if (ask.remindAtMs <= nowMs) remind(core, ask);
    if (this.#anchorAtMs() <= nowMs) this.#anchor('hourly');
  }

  #reachState(): void {
    const { core } = this;
    const reached = reachedState(core);
    if (reached === core.state.incidentState) return;
    core.state.incidentState = reached;
    if (reached === 'closed') core.state.closedAtMs = core.nowMs;
    core.record('incident.state', 'engine', { state: reached }, `incident.state:${reached}`);
    const { engineVersion } = core.input;
    const isLast = behaves('shortEnding', engineVersion) && this.isFinished; // the end itself anchors the head
    const isOne = behaves('stateWithAnchor', engineVersion) && !isLast;
    core.commands.push({ kind: 'setState', state: reached, ...(isOne ? { anchor: reached } : {}) });
    if (isOne) this.#noteAnchor();
    else if (!isLast) this.#anchor(reached);
    lookAgain(core);
  }

  /** When the next timer is due, epoch milliseconds; what draining puts off asks for none. */
  nextWakeAtMs(isDraining = false): number {
    const { core } = this;
    const { state } = core;
    return Math.min(
      ...state.gates.filter(isAnswerable).map(({ expiresAtMs }) => expiresAtMs),
      ...state.asks.map(({ remindAtMs }) => remindAtMs),
      ...state.steps.flatMap(({ wakeAtMs }) => wakeAtMs ?? []),
      this.#anchorAtMs(),
      nextDueMs(core) ?? Infinity,
      (isDraining ? undefined : cardDueMs(core)) ?? Infinity,
    );
  }

  /**
   * Whether the incident's own work is done: closed, or every step has ended for good and nobody is asked anything.
   * What outlives the close goes on by itself.
   */
  get isFinished(): boolean {
    const { core } = this;
    const { steps, gates, asks, incidentState, undoing } = core.state;
    if (incidentState === 'closed' || incidentState === 'stopped') return true;
    const isOver = steps.every((step) => isSettled(core, step) || core.node(step).outlives === 'close');
    return isOver && asks.length === 0 && undoing.length === 0 && !gates.some(isAnswerable);
  }

  /** What the doors show. */
  status(): IncidentStatus {
    return statusOf(this.core);
  }

  /** What the list of workflows shows. */
  glance(): Glance {
    return glanceAt(this.core);
  }

  /** State for the next run. */
  carry(): JsonObject {
    return this.core.state as unknown as JsonObject;
  }
}

function isAnswerable({ state, digest }: GateRecord): boolean {
  return state === 'open' && digest !== '';
}
