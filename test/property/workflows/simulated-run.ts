import { ENGINE_VERSION } from '../../../contracts/messages.ts';
import { Interpreter } from '../../../workflows/interpreter/interpreter.ts';
import { refusal } from '../../../workflows/interpreter/refusals.ts';
import { takeUpdate, type Updates } from '../../../workflows/interpreter/updates.ts';
import { datasetOf, digestOf } from '../../support/plan-sketch.ts';
import { statementOf } from '../../support/decision-proofs.ts';
import { canonicalJson, type Json, type JsonObject } from '../../../contracts/json.ts';
import type { ActionCall } from '../../../contracts/effects.ts';
import type { Command } from '../../../workflows/interpreter/commands.ts';
import type { Drawn, Ending } from './drawn-plan.ts';
import type { EngineEvent } from '../../../workflows/interpreter/events.ts';
import type { IncidentId } from '../../../contracts/ids.ts';
import type { IncidentInput, IncidentStatus, StepStatus } from '../../../contracts/messages.ts';

/** Which of the things that may happen next does: an index below `count`. */
export type Chooser = (count: number) => number;

const MOVES_MAX = 2_000;

/** What else may happen to a run, beside what its plan asks for: none of it may change how it ends. */
export interface Weather {
  /** At a quiet point: whether the workflow continues as new, with nothing but what it carries. */
  continues(): boolean;
  /** Whether a child's report comes once more. */
  repeats(): boolean;
  /** Whether somebody stops the incident, or resumes a stopped one. */
  stops(): boolean;
}

/** Nothing else happens. */
export const calm: Weather = { continues: () => false, repeats: () => false, stops: () => false };

/** A run of the core without Temporal: the outside and the people of a drawn plan, in an order that `choose` picks. */
export class SimulatedRun {
  interpreter: Interpreter;
  readonly #drawn: Drawn;
  readonly #choose: Chooser;
  readonly #weather: Weather;
  #waiting: EngineEvent[] = [];
  #nowMs = Date.parse('2026-11-24T10:00:00Z');
  #messages = 0;
  #moves = 0;
  /** Journal keys in the order in which the records were made; one that was made twice is there twice. */
  readonly keys: string[] = [];
  /** Most step activities in flight at one time. */
  mostInFlight = 0;

  constructor(drawn: Drawn, choose: Chooser, weather: Weather = calm) {
    this.#drawn = drawn;
    this.#choose = choose;
    this.#weather = weather;
    this.interpreter = new Interpreter(inputOf(drawn), this.#nowMs);
  }

  /** Runs to the end. @returns what must be the same for every order. */
  run(): Json {
    this.#advance();
    while (!this.interpreter.isFinished || this.#waiting.length > 0) {
      const now = (): string => canonicalJson(essence(this.interpreter.status()));
      if ((this.#moves += 1) > MOVES_MAX) throw new Error(`no end: ${now()}`);
      this.#change();
      const people = this.#personMove();
      const count = this.#waiting.length + (people ? 1 : 0);
      if (count === 0) throw new Error(`stuck: ${now()}`);
      const chosen = this.#choose(count);
      const [event] = chosen < this.#waiting.length ? this.#waiting.splice(chosen, 1) : [];
      if (event) this.#takeEvent(event);
      else people!();
      this.#advance();
    }
    return essence(this.interpreter.status());
  }

  /** How often the run was continued as new. */
  continued = 0;
  /** How often a child's report came once more. */
  repeated = 0;
  /** How often the incident was stopped. */
  stopped = 0;

  /** What the weather brings: a stop or its end, a continuation at a quiet point. */
  #change(): void {
    const { stopped } = this.interpreter.status();
    if (stopped ? this.#weather.stops() || this.#waiting.length === 0 : this.#mayStop && this.#weather.stops()) {
      this.stopped += stopped ? 0 : 1;
      this.#say(stopped ? 'resume' : 'stop', { by: 'casey', role: 'commander', reason: 'drawn' });
      this.#advance();
    }
    const isQuiet = this.#waiting.every((event) => this.#isReport(event));
    if (!isQuiet || this.interpreter.isFinished || !this.#weather.continues()) return;
    this.continued += 1;
    const state = JSON.parse(JSON.stringify(this.interpreter.carry())) as Json;
    this.interpreter = new Interpreter({ ...inputOf(this.#drawn), state }, this.#nowMs);
    this.#advance();
  }

  get #mayStop(): boolean {
    return this.interpreter.status().steps.some(({ id, state }) => id === 'close' && state === 'pending');
  }

  /** Whether an event is a child's signal: children live on their own, and may report twice. */
  #isReport(event: EngineEvent): boolean {
    const step = 'step' in event ? this.#drawn.plan.steps.find(({ id }) => id === event.step) : undefined;
    return step?.shape === 'page';
  }

  #takeEvent(event: EngineEvent): void {
    this.interpreter.take(event, this.#nowMs);
    if (!this.#isReport(event) || !this.#weather.repeats()) return;
    this.repeated += 1;
    this.#waiting.push(event); // it comes once more, at any later time
  }

  #advance(): void {
    this.#nowMs += 1_000;
    const commands = this.interpreter.advance(this.#nowMs);
    if (this.interpreter.nextWakeAtMs() <= this.#nowMs) throw new Error('it wants to be woken in the past');
    this.#confirm();
    this.#waiting.push(...commands.flatMap((command) => this.#answer(command)));
    const ids = new Set(this.#drawn.plan.steps.filter(({ shape }) => shape === 'single').map(({ id }) => id));
    const inFlight = this.#waiting.filter((event) => 'step' in event && ids.has(event.step)).length;
    this.mostInFlight = Math.max(this.mostInFlight, inFlight);
  }

  /** The ledger has every record at once: the next one starts with an empty list. */
  #confirm(): void {
    const keys = this.interpreter.core.state.pending.map(({ key }) => key);
    this.keys.push(...keys);
    this.interpreter.take({ kind: 'journalled', keys }, this.#nowMs);
  }

  #answer(command: Command): readonly EngineEvent[] {
    switch (command.kind) {
      case 'act':
        return [this.#ended(command.call, { count: command.call.step.length, dataset: asJson(command.call.step) })];
      case 'rollOut':
        return [this.#ended(command.call, { targets: command.dataset.count, left: 0, counts: {} })];
      case 'openGate': {
        const { gate, context, with: given, facts } = command;
        const digest = digestOf({ step: context.step, visit: context.visit, given, facts });
        return [{ kind: 'gateOpened', gate, digest, shows: { targets: 1, variants: [], notes: [] } }];
      }
      case 'assess':
        return [{ kind: 'assessed', obligations: [] }];
      default:
        return [];
    }
  }

  #ended({ step, visit }: ActionCall, outputs: JsonObject): EngineEvent {
    const endings = this.#drawn.endings[step]!;
    const ending: Ending = endings[Math.min(visit, endings.length) - 1]!;
    return ending === 'failed'
      ? { kind: 'actionFailed', step, visit, error: { code: 'TICKET_QUEUE_UNKNOWN', message: 'drawn' } }
      : { kind: 'actionEnded', step, visit, outputs, state: ending };
  }

  /** What a person does next: at the first step in declaration order that waits for one, and only there. */
  #personMove(): (() => void) | undefined {
    const { steps, gates, asks } = this.interpreter.status();
    const first = steps.find((step) => step.uses !== 'incident.close' && this.#isOpen(step));
    if (!first) return undefined;
    const gate = gates.find(({ step, state, kind }) => step === first.id && state === 'open' && kind === 'approval');
    const by = { by: 'casey', role: 'commander' };
    if (gate) {
      const answerer = gate.answers.length === 0 ? by : { ...by, by: 'noor' }; // a gate with a quorum asks the next one
      const answer = this.#drawn.says[first.id]!;
      const said = { gate: gate.id, digest: gate.digest, answer, ...answerer };
      const { input } = this.interpreter.core;
      // Whether a signature holds is found outside of the core, where a permit is opened.
      const proof = { statement: statementOf(input, said, {}, this.#nowMs), key: 'drawn', signature: 'drawn' };
      return () => this.#say('decide', { ...said, proof });
    }
    if (asks.some(({ step }) => step === first.id))
      return () => this.#say('resolveStep', { step: first.id, answer: 'done', ...by });
    if (first.state !== 'failed') return undefined;
    return () => this.#say('resolveStep', { step: first.id, answer: this.#decisionOn(first), ...by });
  }

  #isOpen({ id, state }: StepStatus): boolean {
    const asks = this.#drawn.plan.steps.find((step) => step.id === id)?.onFailure === 'ask';
    return ['pending', 'waiting', 'running'].includes(state) || (state === 'failed' && asks);
  }

  #decisionOn({ id, visit }: StepStatus): 'retry' | 'skip' | 'mark-done' {
    const decision = this.#drawn.decides[id] ?? 'skip';
    return decision === 'retry' && visit >= 4 ? 'skip' : decision;
  }

  #say<Name extends keyof Updates>(name: Name, message: Omit<Updates[Name], 'id'>): void {
    this.#messages += 1;
    const whole = { ...message, id: `m${this.#messages}` } as Updates[Name];
    const refused = refusal(this.interpreter.core, name, whole);
    if (refused) throw new Error(`${refused.code}: ${refused.message}`);
    takeUpdate(this.interpreter.core, name, whole);
  }
}

function asJson(step: string): Json {
  return datasetOf(4, step) as unknown as Json;
}

function inputOf({ plan }: Drawn): IncidentInput {
  return {
    incident: 'INC-2026-0001' as IncidentId,
    mode: 'live',
    engineVersion: ENGINE_VERSION,
    plan,
    planHash: digestOf(plan),
    inputs: { targets: asJson('inputs') },
    requester: 'dana',
    roles: { commander: ['casey', 'noor'], privacy: ['priya'], admin: ['ada'] },
  };
}

/** What an incident came to, without times, numbers of messages, and the order of what is unrelated. */
function essence({ state, stopped, steps, gates, facts, openItems, asks }: IncidentStatus): Json {
  const sorted = (list: readonly unknown[]): Json => list.map((entry) => canonicalJson(entry)).sort();
  return {
    ...{ state, stopped, asks: asks.length },
    steps: steps.map(({ id, state: ended, visit, outputs, error }) => ({
      ...{
        id,
        state: ended,
        visit,
        outputs: outputs && !('at' in outputs) ? outputs : null,
        code: error?.code ?? null,
      },
    })),
    gates: sorted(
      gates.map(({ step, kind, digest, state: answered, answers }) => {
        return { step, kind, digest, answered, by: answers.map(({ by, answer }) => [by, answer]) };
      }),
    ),
    facts: sorted(facts.map(({ key, value }) => ({ key, value }))),
    openItems: sorted(openItems),
  };
}
