import { canonicalJson, type Json, type JsonObject } from '../../contracts/json.ts';
import type { CallContext } from '../../contracts/effects.ts';
import type { Command } from './commands.ts';
import type { EngineState, ScopeRecord, StepRecord } from './state.ts';
import type { IncidentInput } from '../../contracts/messages.ts';
import type { JournalKind } from '../../contracts/journal.ts';
import type { Plan, PlanScope, PlanStep } from '../../contracts/plan.ts';
import type { Scope } from './expressions.ts';
import type { StepId } from '../../contracts/ids.ts';

/** Role whose holders may do what nobody else answers for: break-glass, failures, silence. */
export const ADMIN = 'admin';

const ENDED = new Set(['succeeded', 'partial', 'failed', 'skipped', 'cancelled']);

/** Whether a step has ended. */
export function isEnded(step: StepRecord): boolean {
  return ENDED.has(step.state);
}

/**
 * What every part of the interpreter stands on: plan, state, clock, the commands of this advance and the journal.
 *
 * Pure: no Temporal, no I/O, no clock but the one it is told.
 */
export class Core {
  readonly input: IncidentInput;
  readonly plan: Plan;
  readonly state: EngineState;
  /** Commands since the last advance, in order. */
  commands: Command[] = [];
  /** Time of the present event, epoch milliseconds. */
  nowMs: number;
  readonly #nodes: ReadonlyMap<string, PlanStep>;
  readonly #scopes: ReadonlyMap<string, PlanScope>;

  constructor(input: IncidentInput, state: EngineState, nowMs: number) {
    this.input = input;
    this.plan = input.plan;
    this.state = state;
    this.nowMs = nowMs;
    this.#nodes = new Map(input.plan.steps.map((step) => [step.id, step]));
    this.#scopes = new Map(input.plan.scopes.map((scope) => [scope.id, scope]));
  }

  /** The present time, ISO 8601 UTC. */
  get now(): string {
    return new Date(this.nowMs).toISOString();
  }

  /** The plan's node of a step at work. */
  node(step: StepRecord): PlanStep {
    return this.#nodes.get(step.plan)!;
  }

  /** The plan's scope of an inlined playbook. */
  planScope(id: string): PlanScope | undefined {
    return this.#scopes.get(id);
  }

  /** A step at work by instance id. */
  step(id: string): StepRecord | undefined {
    return this.state.steps.find((step) => step.id === id);
  }

  /** The scope that holds a step. */
  scopeOf(step: StepRecord): ScopeRecord {
    return this.state.scopes.find(({ id }) => id === step.scope)!;
  }

  /** The instance of a plan's step in the scope of another one: what `needs` and `reads` name. */
  sibling(step: StepRecord, planId: string): StepRecord | undefined {
    return this.state.steps.find((other) => other.scope === step.scope && other.plan === planId);
  }

  /** Newest value of every fact, by key. */
  factValues(): Readonly<Record<string, Json>> {
    return Object.fromEntries(this.state.facts.map(({ key, value }) => [key, value]));
  }

  /** Newest values of the facts that a step reads; unknown ones are absent. */
  factsFor(node: PlanStep): JsonObject {
    const values = this.factValues();
    return Object.fromEntries(node.readsFacts.flatMap((key) => (key in values ? [[key, values[key]!]] : [])));
  }

  /** Facts that a step reads, as one comparable text. */
  factsText(node: PlanStep): string {
    return canonicalJson(this.factsFor(node));
  }

  /** What an expression of a step may read. */
  scopeFor(step: StepRecord): Scope {
    const { incident, mode, requester, roles } = this.input;
    const siblings = this.state.steps.filter((other) => other.scope === step.scope && other.outputs !== undefined);
    return {
      inputs: this.scopeOf(step).inputs,
      facts: this.factValues(),
      steps: Object.fromEntries(siblings.map((other) => [localName(other), other.outputs!])),
      incident: { id: incident, mode, requester, openedAt: new Date(this.state.openedAtMs).toISOString() },
      roles: roles,
    };
  }

  /** What every call of an activity carries: who asks, and the records that nobody has confirmed yet. */
  context(step: StepRecord): CallContext {
    const { incident, mode, planHash } = this.input;
    return {
      incident,
      mode,
      planHash,
      step: step.id as StepId,
      visit: step.visit,
      round: this.scopeOf(step).round,
      journal: [...this.state.pending],
    };
  }

  /**
   * Adds a record to the journal; it travels with the next calls until one of them confirms it.
   *
   * @param key - unique in the incident: a second record under it would be dropped by the ledger.
   */
  record(kind: JournalKind, actor: string, body: JsonObject, key: string): void {
    this.state.sequence += 1;
    this.state.pending.push({ key, kind, actor, body: { ...body, at: this.now } });
  }

  /** Newest value of a fact. */
  fact(key: string): Json | undefined {
    return this.state.facts.find((fact) => fact.key === key)?.value;
  }

  /** Notes something that stays open though its step ended. */
  leaveOpen(step: string, text: string): void {
    this.state.openItems.push({ step, text });
  }

  /** People bound to a role; the role holder first, then deputies. */
  people(role: string): readonly string[] {
    return this.input.roles[role] ?? [];
  }

  /** People bound to any of the roles, each once. */
  peopleOf(roles: readonly string[]): readonly string[] {
    return [...new Set(roles.flatMap((role) => this.people(role)))];
  }

  /** Wakes people about something that waits for them. */
  page(step: StepRecord, people: readonly string[], text: string, level: number): void {
    if (people.length > 0) this.commands.push({ kind: 'page', context: this.context(step), people, text, level });
  }
}

/** Name of a step inside its scope. */
export function localName(step: StepRecord): string {
  return step.scope === '' ? step.id : step.id.slice(step.scope.length + 1);
}
