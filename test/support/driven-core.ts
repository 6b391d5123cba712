import { datasetOf, digestOf } from './plan-sketch.ts';
import { proofOf } from './decision-proofs.ts';
import { ENGINE_VERSION } from '../../contracts/messages.ts';
import { Interpreter } from '../../workflows/interpreter/interpreter.ts';
import { refusal } from '../../workflows/interpreter/refusals.ts';
import { takeUpdate, type Updates } from '../../workflows/interpreter/updates.ts';
import type { Command } from '../../workflows/interpreter/commands.ts';
import type { EngineEvent } from '../../workflows/interpreter/events.ts';
import type { GateStatus, IncidentInput, IncidentStatus, StepStatus } from '../../contracts/messages.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { JournalDraft } from '../../contracts/journal.ts';
import type { Plan } from '../../contracts/plan.ts';

type CommandOf<Kind extends Command['kind']> = Extract<Command, { readonly kind: Kind }>;

/** The core of an incident under a test's hands: the test is the outside, the people and the clock. */
export class DrivenCore {
  readonly interpreter: Interpreter;
  /** Every command so far, in order. */
  readonly commands: Command[] = [];
  nowMs = Date.parse('2026-11-24T10:00:00Z');
  #messages = 0;

  constructor(plan: Plan, input: Partial<IncidentInput> = {}) {
    this.interpreter = new Interpreter(
      {
        ...{ incident: 'INC-2026-0001' as IncidentId, mode: 'live', engineVersion: ENGINE_VERSION },
        ...{ plan, planHash: digestOf(plan), inputs: {}, requester: 'dana' },
        roles: { commander: ['casey', 'noor'], privacy: ['priya'], platform: ['lee'], admin: ['ada'] },
        ...input,
      },
      this.nowMs,
    );
    this.advance();
  }

  /** Lets time pass, in milliseconds, and does what can be done. */
  advance(byMs = 0): void {
    this.nowMs += byMs;
    this.commands.push(...this.interpreter.advance(this.nowMs));
  }

  /** Lets time pass until the core wants to be woken, as often as it wants to within that many milliseconds. */
  sleep(forMs: number): void {
    const endMs = this.nowMs + forMs;
    while (this.interpreter.nextWakeAtMs() <= endMs) this.advance(this.interpreter.nextWakeAtMs() - this.nowMs);
    this.advance(endMs - this.nowMs);
  }

  tell(event: EngineEvent): void {
    this.interpreter.take(event, this.nowMs);
    this.advance();
  }

  /** A step's activity or child ends well. */
  end(
    step: string,
    outputs: JsonObject = {},
    more: { facts?: JsonObject; state?: 'succeeded' | 'partial' } = {},
  ): void {
    const { visit } = this.step(step);
    this.tell({ kind: 'actionEnded', step, visit, outputs, state: 'succeeded', ...more });
  }

  /** A step's activity or child fails. */
  fail(step: string, code = 'TICKET_QUEUE_UNKNOWN'): void {
    this.tell({ kind: 'actionFailed', step, visit: this.step(step).visit, error: { code, message: 'by the test' } });
  }

  /** The gate that a step has asked to open shows what the outside computed of its opening. */
  open(step: string, ofKinds?: number): GateStatus {
    const opening = this.all('openGate').findLast(({ context }) => context.step === step)!;
    const digest = digestOf({ gate: opening.gate, with: opening.with, facts: opening.facts });
    const shows = { targets: opening.dataset?.count ?? 1, variants: [], notes: [] };
    this.tell({ kind: 'gateOpened', gate: opening.gate, digest, shows, ...(ofKinds === undefined ? {} : { ofKinds }) });
    return this.gate(step);
  }

  /** The newest gate of a step. */
  gate(step: string): GateStatus {
    const gate = this.status.gates.findLast((one) => one.step === step);
    if (!gate) throw new Error(`${step} has no gate`);
    return gate;
  }

  /** A person sends an update. @returns the code that refuses it. */
  say<Name extends keyof Updates>(
    name: Name,
    message: Omit<Updates[Name], 'id'> & { id?: string },
  ): string | undefined {
    this.#messages += 1;
    const bare = { id: `m${this.#messages}`, ...message } as Updates[Name];
    const whole =
      name === 'decide' && !('proof' in bare) ? this.#signed(bare as Updates['decide'] & Updates[Name]) : bare;
    const refused = refusal(this.interpreter.core, name, whole);
    if (refused) return refused.code;
    takeUpdate(this.interpreter.core, name, whole);
    this.advance();
    return undefined;
  }

  #signed<Message extends Updates['decide']>(message: Message): Message {
    return { ...message, proof: proofOf(this.interpreter.core.input, message, {}, this.nowMs) };
  }

  approve(gate: GateStatus, by: string, role: string, more: { breakGlass?: boolean } = {}): string | undefined {
    return this.say('decide', { gate: gate.id, digest: gate.digest, answer: 'approve', by, role, ...more });
  }

  addFact(key: Updates['addFact']['key'], value: Json): void {
    this.say('addFact', { key, value, by: 'casey', source: 'person', confidence: 'decided' });
  }

  get status(): IncidentStatus {
    return this.interpreter.status();
  }

  step(id: string): StepStatus {
    const step = this.status.steps.find((one) => one.id === id);
    if (!step) throw new Error(`there is no step ${id}`);
    return step;
  }

  /** Commands of a kind, in order. */
  all<Kind extends Command['kind']>(kind: Kind): readonly CommandOf<Kind>[] {
    return this.commands.filter((command): command is CommandOf<Kind> => command.kind === kind);
  }

  /** Steps whose single action was started, in order. */
  get started(): readonly string[] {
    return this.all('act').map(({ call }) => call.step);
  }

  /** Journal records of a kind: nothing confirms them here. */
  records(kind: JournalDraft['kind']): readonly JournalDraft[] {
    return this.interpreter.core.state.pending.filter((draft) => draft.kind === kind);
  }
}

/** Inputs that hold a dataset of that many targets under a name. */
export function targetsOf(count: number): JsonObject {
  return { targets: datasetOf(count) as unknown as Json };
}
