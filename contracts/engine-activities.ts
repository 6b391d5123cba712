import type { CallContext } from './effects.ts';
import type { DatasetRef } from './dataset.ts';
import type { DecisionProof } from './decision-proof.ts';
import type { Digest, IncidentId } from './ids.ts';
import type { GateVariant, IncidentState, ObligationInput, ObligationStatus, RetryState } from './messages.ts';
import type { JournalDraft, JournalHead } from './journal.ts';
import type { JsonObject } from './json.ts';
import type { PlanStep } from './plan.ts';

/** What `engine.openGate` is asked: everything that the digest covers (facts/engine item 9). */
export interface GateOpening extends CallContext {
  readonly gate: string;
  readonly plan: PlanStep;
  readonly with: JsonObject;
  readonly dataset?: DatasetRef;
  readonly facts: JsonObject;
  /** Kinds that were signed for beforehand: count the dataset's targets that are of one of them. */
  readonly countKinds?: readonly string[];
  /** As in `engine.setPermit`. */
  readonly turn?: number;
}

/** What a gate shows, with the digest that binds it. */
export interface GateOpened {
  readonly digest: Digest;
  readonly targets: number;
  readonly connector?: string;
  readonly variants: readonly GateVariant[];
  readonly notes: readonly string[];
  /** Targets of the kinds in {@link GateOpening.countKinds}; absent where none were asked for. */
  readonly ofKinds?: number;
}

/** What lets a permit be opened, or says what it is held by. */
export interface PermitGrounds {
  /** Decisions at the step's gate, and at the question that its rollout held at last. */
  readonly proofs?: readonly DecisionProof[];
  /** How many targets were let through beforehand, by somebody's signature in the playbook. */
  readonly signedFor?: number;
  /** Digest of the question that the rollout holds at. */
  readonly hold?: Digest;
  /** Digest of the question that was answered: its decisions are among the proofs. */
  readonly lifts?: Digest;
}

/** What `engine.setPermit` is asked. */
export interface PermitCall extends CallContext, PermitGrounds {
  readonly state: 'open' | 'stopped' | 'held';
  readonly gate?: Digest;
  readonly turn?: number;
}

/** What the engine asks of activities for its own sake, on queue `engine`. Names are activity types. */
export interface EngineActivities {
  /** Appends records; safe to repeat. */
  'engine.record'(call: {
    readonly incident: IncidentId;
    readonly journal: readonly JournalDraft[];
  }): Promise<JournalHead>;
  /** Computes what a gate shows and the digest; stores it in the step's permit row. */
  'engine.openGate'(call: GateOpening): Promise<GateOpened>;
  /**
   * Opens, stops or holds the permit of a step visit; returns once no claim can succeed any more. `turn` numbers the
   * decisions: a flip that comes after a later one, or again, changes nothing. A permit behind a gate is opened by proven
   * decisions only (docs/decisions/0008): @throws GATE_PROOF_MISSING, GATE_PROOF_INVALID, GATE_PROOF_EXPIRED.
   */
  'engine.setPermit'(call: PermitCall): Promise<void>;
  /** Sets how many targets an action may act on in this incident; pages reserve against it. */
  'engine.setLimit'(call: CallContext & { readonly action: string; readonly max: number }): Promise<void>;
  /** Sets how many targets a minute an action may act on from now on, for all workers; 0 lifts it. */
  'engine.askRate'(call: CallContext & { readonly action: string; readonly perMinute: number }): Promise<void>;
  /** A person's retry: reopens the rows of the step in these states, generation + 1. Returns how many. */
  'engine.reopen'(call: CallContext & { readonly states: readonly RetryState[] }): Promise<number>;
  /**
   * Moves the incident's row to a state. With `anchor` it then sends the journal's head out of the house for that reason,
   * and gives it back.
   */
  'engine.setState'(call: {
    readonly incident: IncidentId;
    readonly state: IncidentState;
    readonly journal: readonly JournalDraft[];
    readonly anchor?: string;
  }): Promise<JournalHead | undefined>;
  /** Tells people (role holders, deputies, admins) that something waits for them. Retried while nobody is reached. */
  'engine.page'(
    call: CallContext & { readonly people: readonly string[]; readonly text: string; readonly level: number },
  ): Promise<{ readonly reached: readonly string[] }>;
  /** Evaluates obligations from facts: statuses and the clocks that must run. */
  'engine.assess'(
    call: CallContext & { readonly facts: JsonObject; readonly openedAt: string },
  ): Promise<{ readonly obligations: readonly ObligationStatus[]; readonly clocks: readonly ObligationInput[] }>;
  /** Sends the journal's head out of the house. */
  'engine.anchor'(call: { readonly incident: IncidentId; readonly reason: string }): Promise<JournalHead>;
  /** Redraws the chat's status card; never throws. */
  'engine.card'(call: CallContext & { readonly summary: JsonObject }): Promise<void>;
}
