import type { IncidentInput, IncidentStatus, ObligationStatus } from '../../contracts/messages.ts';
import type { JsonObject } from '../../contracts/json.ts';
import { endKnownWaits, remind } from './asks.ts';
import { redrawCard } from './card.ts';
import { lookAgain, reachedState, waitForDuty } from './closing.ts';
import { Core } from './core.ts';
import { expire, takeOpened } from './gates.ts';
import { endScopes } from './scopes.ts';
import { endTimers, isOver, movePending } from './start.ts';
import { createState, type Command, type EngineEvent, type EngineState } from './state.ts';
import { statusOf } from './status.ts';
import { endStep, failStep, takeResult } from './steps.ts';

/** Codes with which the close itself refuses: not a failure to be decided on, a wait. */
const CLOSE_REFUSALS = new Set(['INCIDENT_DUTY_OPEN', 'INCIDENT_ROUND_OPEN', 'INCIDENT_STEP_OPEN']);
const PASSES_MAX = 1_000; // a plan has at most 500 steps; each pass ends or starts one

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
    this.core = new Core(input, carried ?? createState(input, nowMs));
    this.core.nowMs = nowMs;
    if (!carried) this.#begin();
  }

  #begin(): void {
    const { core } = this;
    const { detected } = core.input.inputs;
    if (detected !== undefined)
      core.addFact({
        key: 'detectedAt',
        value: detected,
        source: 'input',
        by: core.input.requester,
        confidence: 'proposed',
      });
    core.commands.push({ kind: 'anchor', reason: 'start' });
  }

  /** Tells what happened. */
  take(event: EngineEvent, nowMs: number): void {
    const { core } = this;
    core.nowMs = nowMs;
    switch (event.kind) {
      case 'actionEnded': {
        const step = this.#answering(event.step, event.visit);
        if (step) takeResult(core, step, event.state, event.outputs, event.facts ?? {}, event.openItems ?? []);
        if (step && core.node(step).uses === 'filings.record') core.state.needsAssessing = true;
        return;
      }
      case 'actionFailed': {
        const step = this.#answering(event.step, event.visit);
        if (!step) return;
        if (core.node(step).uses === 'incident.close' && CLOSE_REFUSALS.has(event.error.code))
          waitForDuty(core, step, event.error);
        else failStep(core, step, event.error);
        return;
      }
      case 'gateOpened': {
        const gate = core.state.gates.find(({ id }) => id === event.gate);
        if (gate?.digest === '') takeOpened(core, gate, event.digest, event.shows);
        return;
      }
      case 'assessed':
        this.#takeAssessment(event.obligations);
        return;
      case 'journalled':
        core.state.pending = core.state.pending.filter(({ key }) => !event.keys.includes(key));
        return;
      case 'stateWritten':
        core.state.writtenState = event.state;
        return;
      case 'cardDrawn':
        if (core.state.card) core.state.card.isDrawing = false;
    }
  }

  /** The step that an answer belongs to; `undefined` for one that was given up or answered before. */
  #answering(id: string, visit: number) {
    const step = this.core.step(id);
    if (step?.visit !== visit || step.isAsked !== true || step.state !== 'running') return undefined;
    return step;
  }

  #takeAssessment(obligations: readonly ObligationStatus[]): void {
    const { core } = this;
    core.state.isAssessing = false;
    core.state.obligations = [...obligations];
    const due = obligations.flatMap(({ dueAt }) => dueAt ?? []).sort();
    for (const step of core.state.steps) {
      if (core.node(step).shape !== 'clock' || step.state !== 'running') continue;
      endStep(core, step, 'succeeded', {
        obligations: obligations.length,
        ...(due[0] === undefined ? {} : { nextDueAt: due[0] }),
      });
    }
    lookAgain(core.state.steps.find((step) => core.node(step).uses === 'incident.close'));
  }

  /** Does everything that can be done now. @returns the commands, in order. */
  advance(nowMs: number): readonly Command[] {
    const { core } = this;
    core.nowMs = nowMs;
    this.#wake();
    for (let pass = 0; pass < PASSES_MAX; pass += 1) {
      const before = core.state.sequence;
      endKnownWaits(core);
      endScopes(core);
      if (!core.state.isStopped && core.state.haltedBy === undefined) this.#movePending();
      if (core.state.sequence === before) break; // every start and end leaves a record
    }
    this.#assess();
    this.#writeState();
    redrawCard(core);
    const { commands } = core;
    core.commands = [];
    return commands;
  }

  #movePending(): void {
    for (const step of [...this.core.state.steps]) {
      if (step.state === 'pending' && step.isStopped !== true) movePending(this.core, step);
    }
  }

  #wake(): void {
    const { core } = this;
    endTimers(core);
    for (const gate of core.state.gates)
      if (gate.state === 'open' && gate.digest !== '' && gate.expiresAtMs <= core.nowMs) expire(core, gate);
    for (const ask of core.state.asks) if (ask.remindAtMs <= core.nowMs) remind(core, ask);
  }

  #assess(): void {
    const { core } = this;
    const clock = core.state.steps.find((step) => core.node(step).shape === 'clock');
    if (!core.state.needsAssessing || core.state.isAssessing || clock?.startedAtMs === undefined) return;
    core.state.needsAssessing = false;
    core.state.isAssessing = true;
    core.state.assessments += 1;
    core.commands.push({
      kind: 'assess',
      context: { ...core.context(clock), visit: core.state.assessments },
      facts: core.factValues(),
    });
  }

  #writeState(): void {
    const { core } = this;
    const reached = reachedState(core);
    if (reached !== core.state.incidentState) {
      core.state.incidentState = reached;
      if (reached === 'closed') core.state.closedAtMs = core.nowMs;
      core.record('incident.state', 'engine', { state: reached }, `incident.state:${reached}`);
      core.commands.push({ kind: 'setState', state: reached, journal: [...core.state.pending] });
      core.commands.push({ kind: 'anchor', reason: reached });
    }
  }

  /** When the next timer is due, epoch milliseconds; `undefined` when only an event can change anything. */
  nextWakeAtMs(): number | undefined {
    const { state } = this.core;
    const times = [
      ...state.gates.filter((gate) => gate.state === 'open').map(({ expiresAtMs }) => expiresAtMs),
      ...state.asks.map(({ remindAtMs }) => remindAtMs),
      ...state.steps.flatMap(({ wakeAtMs }) => wakeAtMs ?? []),
      ...(state.card?.wakeAtMs === undefined ? [] : [state.card.wakeAtMs]),
    ];
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Whether the incident's own work is done: closed, or every step ended and nobody has to decide. */
  get isFinished(): boolean {
    const { core } = this;
    const waits = core.state.steps.some((step) => step.state === 'failed' && step.waitsFor === 'person');
    return core.state.incidentState === 'closed' || (isOver(core) && !waits && core.state.asks.length === 0);
  }

  /** What the doors show. */
  status(): IncidentStatus {
    return statusOf(this.core);
  }

  /** State for the next run. */
  carry(): JsonObject {
    return this.core.state as unknown as JsonObject;
  }
}
