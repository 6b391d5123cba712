import { ENGINE_VERSION } from '../../../contracts/messages.ts';
import { Interpreter } from '../../../workflows/interpreter/interpreter.ts';
import { decide, resolveStep } from '../../../workflows/interpreter/messages.ts';
import { refuseDecision, refuseResolution } from '../../../workflows/interpreter/refusals.ts';
import { datasetOf, digestOf } from '../../integration/engine/plans.ts';
import { canonicalJson, type Json, type JsonObject } from '../../../contracts/json.ts';
import type { Command, EngineEvent } from '../../../workflows/interpreter/state.ts';
import type { Drawn, Ending } from './drawn-plan.ts';
import type { IncidentId } from '../../../contracts/ids.ts';
import type { IncidentInput, IncidentStatus } from '../../../contracts/messages.ts';

/** Which of the things that may happen next does: an index below `count`. */
export type Chooser = (count: number) => number;

const MOVES_MAX = 2_000;

/** A run of the core without Temporal: the outside and the people of a drawn plan, in an order that `choose` picks. */
export class SimulatedRun {
  readonly interpreter: Interpreter;
  readonly #drawn: Drawn;
  readonly #choose: Chooser;
  #waiting: EngineEvent[] = [];
  #nowMs = Date.parse('2026-11-24T10:00:00Z');
  #messages = 0;
  #moves = 0;
  /** Journal keys that were handed out, in order. */
  readonly keys: string[] = [];
  /** Most step activities in flight at one time. */
  mostInFlight = 0;

  constructor(drawn: Drawn, choose: Chooser) {
    this.#drawn = drawn;
    this.#choose = choose;
    this.interpreter = new Interpreter(inputOf(drawn), this.#nowMs);
  }

  /** Runs to the end. @returns what must be the same for every order. */
  run(): Json {
    this.#advance();
    while (!this.interpreter.isFinished || this.#waiting.length > 0) {
      if ((this.#moves += 1) > MOVES_MAX)
        throw new Error(`no end: ${canonicalJson(essence(this.interpreter.status()))}`);
      const people = this.#personMove();
      const count = this.#waiting.length + (people ? 1 : 0);
      if (count === 0) throw new Error(`stuck: ${canonicalJson(essence(this.interpreter.status()))}`);
      const chosen = this.#choose(count);
      if (chosen < this.#waiting.length) {
        const [event] = this.#waiting.splice(chosen, 1);
        this.interpreter.take(event!, this.#nowMs);
      } else people!();
      this.#advance();
    }
    return essence(this.interpreter.status());
  }

  #advance(): void {
    this.#nowMs += 1_000;
    const commands = this.interpreter.advance(this.#nowMs);
    for (const { key } of this.interpreter.core.state.pending) if (!this.keys.includes(key)) this.keys.push(key);
    this.#waiting.push(...commands.flatMap((command) => this.#answer(command)));
    const inFlight = this.#waiting.filter(({ kind }) => kind === 'actionEnded' || kind === 'actionFailed').length;
    this.mostInFlight = Math.max(this.mostInFlight, inFlight);
  }

  #answer(command: Command): readonly EngineEvent[] {
    switch (command.kind) {
      case 'act':
        return [
          this.#ended(command.step.id, command.step.visit, {
            count: command.step.id.length + command.step.visit,
            dataset: datasetOf(4, command.step.id) as unknown as Json,
          }),
        ];
      case 'rollOut':
        return [
          this.#ended(command.step.id, command.step.visit, { targets: command.dataset.count, left: 0, counts: {} }),
        ];
      case 'openGate': {
        const { gate, context, with: given, facts } = command;
        const digest = digestOf({ step: context.step, visit: context.visit, given, facts });
        return [{ kind: 'gateOpened', gate, digest, shows: { targets: 1, variants: [], notes: [] } }];
      }
      case 'assess':
        return [{ kind: 'assessed', obligations: [] }];
      case 'setState':
        return [{ kind: 'stateWritten', state: command.state }];
      default:
        return [];
    }
  }

  #ended(step: string, visit: number, outputs: JsonObject): EngineEvent {
    const endings = this.#drawn.endings[step]!;
    const ending: Ending = endings[Math.min(visit, endings.length) - 1]!;
    return ending === 'failed'
      ? { kind: 'actionFailed', step, visit, error: { code: 'TICKET_QUEUE_UNKNOWN', message: 'drawn' } }
      : { kind: 'actionEnded', step, visit, outputs, state: ending };
  }

  /** What a person does next: the first step in declaration order that waits for one, and only that one. */
  #personMove(): (() => void) | undefined {
    const { steps, gates, asks } = this.interpreter.status();
    const first = steps.find(
      ({ id, state, error, uses }) =>
        uses !== 'incident.close' &&
        (['pending', 'waiting', 'running'].includes(state) ||
          (state === 'failed' && this.#isUndecided(id) && error !== undefined)),
    );
    if (!first) return undefined;
    const gate = gates.find(({ step, state, kind }) => step === first.id && state === 'open' && kind === 'approval');
    if (gate) return () => this.#decide(gate.id, gate.digest, first.id);
    if (asks.some(({ step }) => step === first.id)) return () => this.#resolve(first.id, 'done');
    if (first.state === 'failed') return () => this.#resolve(first.id, this.#decisionOn(first.id, first.visit));
    return undefined;
  }

  #isUndecided(id: string): boolean {
    return this.#drawn.plan.steps.find((step) => step.id === id)?.onFailure === 'ask';
  }

  #decisionOn(id: string, visit: number): 'retry' | 'skip' | 'mark-done' {
    const decision = this.#drawn.decides[id] ?? 'skip';
    return decision === 'retry' && visit >= 4 ? 'skip' : decision;
  }

  #decide(gate: string, digest: Parameters<typeof decide>[1]['digest'], step: string): void {
    this.#messages += 1;
    const message = {
      gate,
      digest,
      answer: this.#drawn.says[step]!,
      by: 'casey',
      role: 'commander',
      id: `m${this.#messages}`,
    };
    const { core } = this.interpreter;
    const refusal = refuseDecision(core, message);
    if (refusal) throw new Error(`${refusal.code}: ${refusal.message}`);
    decide(core, message);
  }

  #resolve(step: string, answer: 'done' | 'retry' | 'skip' | 'mark-done'): void {
    this.#messages += 1;
    const message = { step, answer, by: 'casey', role: 'commander', id: `m${this.#messages}` };
    const { core } = this.interpreter;
    const refusal = refuseResolution(core, message);
    if (refusal) throw new Error(`${refusal.code}: ${refusal.message}`);
    resolveStep(core, message);
  }
}

function inputOf({ plan }: Drawn): IncidentInput {
  return {
    incident: 'INC-2026-0001' as IncidentId,
    mode: 'live',
    engineVersion: ENGINE_VERSION,
    plan,
    planHash: digestOf(plan),
    inputs: { targets: datasetOf(3) as unknown as Json },
    requester: 'dana',
    roles: { commander: ['casey', 'noor'], privacy: ['priya'], admin: ['ada'] },
  };
}

/** What an incident came to, without times, numbers of messages, and the order of what is unrelated. */
function essence({ state, stopped, steps, gates, facts, openItems, asks }: IncidentStatus): Json {
  const sorted = (list: readonly unknown[]): Json => list.map((entry) => canonicalJson(entry)).sort();
  return {
    state,
    stopped,
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
      gates.map(({ step, digest, state: answered, answers }) => ({
        step,
        digest,
        answered,
        by: answers.map(({ by, answer }) => [by, answer]),
      })),
    ),
    facts: sorted(facts.map(({ key, value }) => ({ key, value }))),
    openItems: sorted(openItems),
    asks: asks.length,
  } as unknown as Json;
}
