import type { DecisionProof } from './decision-proof.ts';
import type { Digest, IncidentId } from './ids.ts';
import type { ActionCall, EffectCounts, EffectState, Mode } from './effects.ts';
import type { Fact, FactKey } from './facts.ts';
import type { Json, JsonObject } from './json.ts';
import type { JournalHead } from './journal.ts';
import type { Plan, PlanStep } from './plan.ts';
import type { DatasetRef } from './dataset.ts';

/** Version of the engine's behaviour that new incidents start with; see workflows/patches.ts. */
export const ENGINE_VERSION = 4;

/** Input of the workflow `incident`. */
export interface IncidentInput {
  readonly incident: IncidentId;
  readonly mode: Mode;
  readonly engineVersion: number;
  readonly plan: Plan;
  readonly planHash: Digest;
  readonly inputs: JsonObject;
  /** Who asked for it: person id or machine key name; may not approve. */
  readonly requester: string;
  /** People bound to roles at the start: role to person ids, deputies after the first. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** After how long without a heartbeat an acting activity is given to another worker; absent: 10 s. */
  readonly heartbeatTimeoutMs?: number;
  /** The head of the journal left the house before the workflow was started; absent: the workflow sees to it. */
  readonly isAnchored?: boolean;
  /** Carried over continue-as-new; absent at the start. Shape owned by the interpreter. */
  readonly state?: Json;
}

/** Result of the workflow `incident`. */
export interface IncidentResult {
  readonly incident: IncidentId;
  readonly state: IncidentState;
  readonly journal: JournalHead | undefined;
}

/** Input of the child workflow `rollout`. */
export interface RolloutInput {
  readonly call: ActionCall;
  readonly dataset: DatasetRef;
  readonly step: PlanStep;
  readonly parentWorkflowId: string;
  /** First position not yet handed to a page. */
  readonly cursor: number;
  readonly page: number;
  readonly counts: EffectCounts;
  readonly paused: boolean;
  readonly stopped: boolean;
  /** Share of rows the canary held, once it passed. */
  readonly canaryPassed: boolean;
  /** Pages that still have targets left: page number, range, and what they came to when they last answered. */
  readonly sweep: readonly {
    readonly page: number;
    readonly from: number;
    readonly to: number;
    readonly counts?: EffectCounts;
    readonly left?: number;
  }[];
  /** Positions from here on wait for the step's gate: a pre-authorisation let only those before it through. */
  readonly ceiling?: number;
  /** People accepted that more readers than expected are told that nothing is proven yet. */
  readonly driftAccepted?: boolean;
  /** When the first run started; the step's `within` counts from then. */
  readonly startedAt?: string;
  /** Pages in flight, where it was changed while running. */
  readonly window?: number;
  /** People let it go on though notices of its first targets came back. */
  readonly returnsAccepted?: boolean;
  /** As in {@link IncidentInput}; absent: 1. */
  readonly engineVersion?: number;
  /** As in {@link IncidentInput}. */
  readonly heartbeatTimeoutMs?: number;
}

/** Names of Signals and Queries of `rollout`: contracts, never renamed. */
export const rolloutMessages = {
  /** No new page; the permit was flipped before. */
  stop: 'stop',
  resume: 'resume',
  /** No new page; what is under way may still claim. */
  pause: 'pause',
  /** `{window}`: pages in flight from now on. */
  rate: 'rate',
  /** `{reason}`: people let it go on where it holds. */
  release: 'release',
  /** End with what has been done. */
  finish: 'finish',
  /** Query: counts so far. */
  progress: 'progress',
} as const;

/** Outputs of a rollout step, and what its Query `progress` answers. */
export interface RolloutOutputs extends JsonObject {
  readonly targets: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Targets that are neither settled nor given up. */
  readonly left: number;
}

/**
 * Why a rollout holds: before the rest of the dataset, after the canary, at the limit of the plan, since more readers
 * than expected would be told that nothing is proven yet, or because too many of its first notices came back.
 */
export type HoldReason = 'gate' | 'canary' | 'limit' | 'drift' | 'returns';

/** Report of a rollout that holds until people let it go on: signal `childHolds`. */
export interface ChildHolds {
  readonly step: string;
  readonly visit: number;
  readonly reason: Exclude<HoldReason, 'gate'>;
  readonly counts: EffectCounts;
  /** Targets that would be acted on next. */
  readonly left: number;
  /** What people must know, one sentence. */
  readonly note: string;
  /** With reason `limit`: whose limit, where it is not that of the step's own action. */
  readonly limitedBy?: string;
}

/** Input of the child workflow `outlasting`: a step that goes on after the close. */
export interface OutlastingInput {
  readonly call: ActionCall;
  readonly step: PlanStep;
  readonly parentWorkflowId: string;
  /** As in {@link IncidentInput}. */
  readonly heartbeatTimeoutMs?: number;
}

/** Input of the child workflow `obligation`: one clock. */
export interface ObligationInput {
  readonly incident: IncidentId;
  readonly obligation: string;
  readonly title: string;
  readonly dueAt: string;
  /** Instants at which the owner is reminded, ascending. */
  readonly remindAt: readonly string[];
  readonly of: string;
  /** Person ids that are reminded; the incident fills in who holds the role. */
  readonly people?: readonly string[];
  /** Person ids that are woken once it is late: role holders, deputies, admins. */
  readonly escalateTo?: readonly string[];
  readonly mode?: Mode;
  readonly planHash?: Digest;
  readonly parentWorkflowId: string;
}

/** Names of Updates, Signals and Queries of `incident`: contracts, never renamed. */
export const incidentMessages = {
  decide: 'decide',
  addFact: 'addFact',
  resolveStep: 'resolveStep',
  amend: 'amend',
  stop: 'stop',
  resume: 'resume',
  rollout: 'rollout',
  status: 'status',
  childEnded: 'childEnded',
  childHolds: 'childHolds',
} as const;

/** A person's answer at a gate. */
export interface DecideMessage {
  readonly gate: string;
  /** Digest that the person saw; another one than the gate's is refused (`GATE_STALE`). */
  readonly digest: Digest;
  readonly answer: 'approve' | 'reject';
  readonly by: string;
  readonly role: string;
  readonly comment?: string;
  /** Idempotency: the update id; a repeat is answered from state. */
  readonly id: string;
  /** Break-glass: an admin alone, announced everywhere, demands a review. */
  readonly breakGlass?: boolean;
  /** Signed by the door; from engine version 4 on nothing is decided without. */
  readonly proof?: DecisionProof;
}

/** A fact said by a person or system. */
export interface AddFactMessage {
  readonly key: FactKey;
  readonly value: Json;
  readonly by: string;
  readonly source: string;
  readonly confidence: Fact['confidence'];
  readonly id: string;
}

/** A person's answer to an ask: a manual step done, facts given, a filing recorded, a failed step's fate. */
export interface ResolveStepMessage {
  readonly step: string;
  /** `done`: people steps, with `values`. `retry`, `skip`, `mark-done`, `stop`: answers to a failure. */
  readonly answer: 'done' | 'retry' | 'skip' | 'mark-done' | 'stop';
  readonly by: string;
  readonly role: string;
  /** `facts.ask`: key to value. `filings.record`: `{state, reference?, at, reason?}`. `manual`: `{evidence?, note?, value?}`. */
  readonly values?: JsonObject;
  readonly comment?: string;
  readonly id: string;
}

/** Runs a declared amendment, skips a step not yet started, or takes back what ended steps did. */
export interface AmendMessage {
  readonly run?: string;
  readonly inputs?: JsonObject;
  readonly skip?: string;
  /** Steps whose `undo` is run, the one that ended last first. */
  readonly undo?: readonly string[];
  readonly by: string;
  readonly role: string;
  readonly reason: string;
  readonly id: string;
}

/** Stops a step (or everything) before the next target; resume lifts it. */
export interface StopMessage {
  /** Absent: the whole incident. */
  readonly step?: string;
  readonly by: string;
  readonly role: string;
  readonly reason: string;
  readonly id: string;
}

/** States that a person may have taken up again. */
export const retryStates = ['failed', 'refuted', 'unknown', 'bounced'] as const satisfies readonly EffectState[];

/** One of {@link retryStates}. */
export type RetryState = (typeof retryStates)[number];

/** Of these it is known how they stand: trying again repeats nothing. The others are retried only from a list that was seen. */
export const plainRetryStates: readonly RetryState[] = ['failed', 'refuted'];

/** Most pages of one rollout in flight. */
export const WINDOW_MAX = 16;

/** Steers a rollout while it runs, or takes up again what an ended one left undone. */
export interface RolloutMessage {
  readonly step: string;
  readonly order: 'pause' | 'resume' | 'rate' | 'retry';
  /** With `rate`: pages in flight from now on, 1 to {@link WINDOW_MAX}. */
  readonly window?: number;
  /** With `rate`: targets a minute from now on, at most what the plan allows; 0 lifts what was asked before. */
  readonly perMinute?: number;
  /** With `retry`: whose rows are reopened; absent: {@link plainRetryStates}. */
  readonly states?: readonly RetryState[];
  /** With `retry` of other states: digest of the list of targets that the person saw. */
  readonly list?: Digest;
  readonly by: string;
  readonly role: string;
  readonly reason: string;
  readonly id: string;
}

/** Report of a child: signal `childEnded`. */
export interface ChildEnded {
  readonly step: string;
  readonly visit: number;
  readonly result: {
    readonly state: StepState;
    readonly outputs: JsonObject;
    readonly error?: StepError;
    readonly openItems?: readonly string[];
  };
}

/** What every Update answers. */
export interface Receipt {
  readonly id: string;
  /** ISO 8601 UTC, workflow time. */
  readonly at: string;
  /** What it led to, one sentence. */
  readonly effect: string;
}

/**
 * State of an incident; each step up is a decision or the end of the steps that carry it. `dismissed`: a detector opened it
 * beyond its key, and a person found that it is nothing; it never ran.
 */
export type IncidentState = 'declared' | 'contained' | 'told' | 'recovered' | 'closed' | 'stopped' | 'dismissed';

/** State of a step. */
export type StepState =
  'pending' | 'waiting' | 'running' | 'succeeded' | 'partial' | 'failed' | 'skipped' | 'cancelled';

/** Why a step failed. */
export interface StepError {
  readonly code: string;
  readonly message: string;
}

/** A step as `status` shows it. */
export interface StepStatus {
  readonly id: string;
  readonly uses: string;
  readonly title: string;
  readonly state: StepState;
  readonly visit: number;
  /** `needs`, `gate`, `person`, `time`, `hold`, `pause`, `limit`, `retry`: what it waits for. */
  readonly waitsFor?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly outputs?: JsonObject;
  readonly error?: StepError;
}

/** One text variant at a gate. */
export interface GateVariant {
  readonly name: string;
  readonly count: number;
  /** Rendered for one drawn reader, with name and secrets blanked. */
  readonly sample: string;
}

/** An open or answered gate. */
export interface GateStatus {
  readonly id: string;
  readonly step: string;
  readonly kind: 'approval' | 'failure' | 'canary' | 'limit' | 'drift' | 'returns' | 'amendment';
  readonly question: string;
  readonly digest: Digest;
  readonly roles: readonly string[];
  readonly rule: 'all' | 'any';
  readonly quorum: number;
  readonly openedAt: string;
  readonly expiresAt: string;
  readonly escalations: number;
  readonly shows: {
    readonly targets: number;
    readonly connector?: string;
    readonly variants: readonly GateVariant[];
    readonly notes: readonly string[];
  };
  readonly answers: readonly {
    readonly by: string;
    readonly role: string;
    readonly answer: 'approve' | 'reject';
    readonly at: string;
    /** Public key of the person that signed too; absent where none did. */
    readonly factor?: string;
  }[];
  /** Each yes needs the signature of the person's own key. */
  readonly secondFactor?: boolean;
  readonly state: 'open' | 'approved' | 'rejected' | 'voided' | 'expired';
}

/** Something a person is asked to do or say. */
export interface AskStatus {
  readonly step: string;
  readonly of: string;
  readonly people: readonly string[];
  readonly text: string;
  /** Fact keys wanted. */
  readonly wants: readonly string[];
  readonly openedAt: string;
  readonly dueAt?: string;
  readonly evidence: 'required' | 'optional' | 'none';
}

/** A legal duty with its clock, as computed from the facts. */
export interface ObligationStatus {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly state: 'provisional' | 'running' | 'filed' | 'not-required' | 'overdue';
  /** ISO 8601 UTC; `undefined` while nothing starts its clock. */
  readonly dueAt?: string;
  readonly of: string;
  /** Kind of filing that discharges it; absent where something else does. */
  readonly filing?: 'authority' | 'law-enforcement';
  /** The date is the organisation's own target: the law names none. */
  readonly policyTarget?: boolean;
  /** Why it stands as it does, one sentence. */
  readonly because?: string;
}

/** Answer of the Query `status`; everything that a door shows of a running incident. */
export interface IncidentStatus {
  readonly incident: IncidentId;
  readonly mode: Mode;
  readonly state: IncidentState;
  readonly stopped: boolean;
  readonly playbook: string;
  readonly planHash: Digest;
  readonly requester: string;
  readonly openedAt: string;
  readonly closedAt?: string;
  readonly steps: readonly StepStatus[];
  readonly gates: readonly GateStatus[];
  readonly asks: readonly AskStatus[];
  readonly obligations: readonly ObligationStatus[];
  readonly facts: readonly Fact[];
  readonly openItems: readonly { readonly step: string; readonly text: string }[];
}
