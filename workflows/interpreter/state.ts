import type { CallContext } from '../../contracts/effects.ts';
import type { DatasetRef } from '../../contracts/dataset.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { Fact } from '../../contracts/facts.ts';
import type {
  AskStatus,
  GateStatus,
  IncidentInput,
  IncidentState,
  ObligationStatus,
  Receipt,
  StepError,
  StepState,
} from '../../contracts/messages.ts';
import type { JournalDraft } from '../../contracts/journal.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { PlanStep } from '../../contracts/plan.ts';

/** A step at work: one node of the plan in one round of its scope. */
export interface StepRecord {
  /** Instance id: `contain`, `round/contain`, in the second round `round/2/contain`. */
  readonly id: string;
  /** Id of the plan's node. */
  readonly plan: string;
  /** Instance of the scope that holds it. */
  readonly scope: string;
  state: StepState;
  /** From 1; a retry chosen by a person is the next one. */
  visit: number;
  /** Answer of `when`, once asked. */
  isWanted?: boolean;
  /** `with`, evaluated when the gate opened or the step started. */
  with?: JsonObject;
  dataset?: DatasetRef;
  /** Newest gate of this visit. */
  gate?: string;
  /** Whether the activity or child was asked to start. */
  isAsked?: boolean;
  waitsFor?: string;
  /** Wakes the step: `wait.until`, or another look at close. Epoch milliseconds. */
  wakeAtMs?: number;
  isStopped?: boolean;
  startedAtMs?: number;
  endedAtMs?: number;
  outputs?: JsonObject;
  error?: StepError;
}

/** An inlined playbook at work. */
export interface ScopeRecord {
  /** `''` for the root, `round`, `round/2`. */
  readonly id: string;
  /** Id of the plan's scope. */
  readonly plan: string;
  readonly parent?: string;
  readonly round: number;
  readonly inputs: JsonObject;
}

/** A gate with what the interpreter needs beyond what people see. */
export interface GateRecord extends Mutable<Omit<GateStatus, 'answers' | 'openedAt' | 'expiresAt'>> {
  readonly visit: number;
  readonly withinMs: number;
  readonly onExpiry: 'escalate' | 'halt';
  openedAtMs: number;
  expiresAtMs: number;
  answers: Mutable<GateStatus['answers'][number]>[];
  /** Canonical facts that the digest covers. */
  readonly covers: string;
}

/** Something a person is asked, with its clock. */
export interface AskRecord extends Omit<AskStatus, 'openedAt' | 'dueAt'> {
  readonly visit: number;
  readonly openedAtMs: number;
  readonly dueAtMs?: number;
  readonly remindEveryMs: number;
  remindAtMs: number;
  reminders: number;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Everything the interpreter knows; plain JSON, carried over continue-as-new. */
export interface EngineState {
  readonly openedAtMs: number;
  closedAtMs?: number;
  incidentState: IncidentState;
  isStopped: boolean;
  /** Set by a failure with `halt`, or an expired gate: nothing new starts until it is answered. */
  haltedBy?: string;
  readonly steps: StepRecord[];
  readonly scopes: ScopeRecord[];
  readonly gates: GateRecord[];
  readonly asks: AskRecord[];
  readonly facts: Fact[];
  obligations: ObligationStatus[];
  /** Clocks that were started: obligation to its due time. */
  readonly clocks: Record<string, string>;
  /** Facts or filings changed since the duties were last assessed. */
  needsAssessing: boolean;
  isAssessing: boolean;
  assessments: number;
  readonly openItems: { readonly step: string; readonly text: string }[];
  /** Records that no activity has confirmed yet; every call carries them (appending is idempotent by key). */
  pending: JournalDraft[];
  /** Answered update ids with their receipts, oldest first; bounded. */
  readonly answered: Receipt[];
  /** The status card in the chat, once there is a room. */
  card?: { readonly shown: string; isDrawing: boolean; readonly drawnAtMs: number; wakeAtMs?: number };
  /** Numbers journal keys that have no id of their own. */
  sequence: number;
  /** Incident state that was last written to the ledger. */
  writtenState: IncidentState;
}

/** What happened since the last advance. */
export type EngineEvent =
  | {
      readonly kind: 'actionEnded';
      readonly step: string;
      readonly visit: number;
      readonly outputs: JsonObject;
      readonly facts?: JsonObject;
      readonly openItems?: readonly string[];
      readonly state: 'succeeded' | 'partial';
    }
  | { readonly kind: 'actionFailed'; readonly step: string; readonly visit: number; readonly error: StepError }
  | { readonly kind: 'gateOpened'; readonly gate: string; readonly digest: Digest; readonly shows: GateStatus['shows'] }
  | { readonly kind: 'assessed'; readonly obligations: readonly ObligationStatus[] }
  | { readonly kind: 'journalled'; readonly keys: readonly string[] }
  | { readonly kind: 'stateWritten'; readonly state: IncidentState }
  | { readonly kind: 'cardDrawn' };

/** What the host is to do. Every command that calls an activity carries the pending records. */
export type Command =
  | {
      readonly kind: 'act';
      readonly step: StepRecord;
      readonly plan: PlanStep;
      readonly context: CallContext;
      readonly with: JsonObject;
      readonly facts: JsonObject;
      readonly gate?: Digest;
      readonly uses: string;
    }
  | {
      readonly kind: 'rollOut';
      readonly step: StepRecord;
      readonly plan: PlanStep;
      readonly context: CallContext;
      readonly with: JsonObject;
      readonly facts: JsonObject;
      readonly dataset: DatasetRef;
      readonly gate?: Digest;
    }
  | {
      readonly kind: 'openGate';
      readonly gate: string;
      readonly plan: PlanStep;
      readonly context: CallContext;
      readonly with: JsonObject;
      readonly facts: JsonObject;
      readonly dataset?: DatasetRef;
    }
  | {
      readonly kind: 'setPermit';
      readonly context: CallContext;
      readonly state: 'open' | 'stopped' | 'held';
      readonly signal?: 'stop' | 'resume';
    }
  | {
      readonly kind: 'page';
      readonly context: CallContext;
      readonly people: readonly string[];
      readonly text: string;
      readonly level: number;
    }
  | { readonly kind: 'assess'; readonly context: CallContext; readonly facts: JsonObject }
  | { readonly kind: 'setState'; readonly state: IncidentState; readonly journal: readonly JournalDraft[] }
  | { readonly kind: 'anchor'; readonly reason: string }
  | { readonly kind: 'card'; readonly context: CallContext; readonly summary: JsonObject };

/** Values of facts by key, the newest of each. */
export function factValues(facts: readonly Fact[]): Record<string, Json> {
  return Object.fromEntries(facts.map(({ key, value }) => [key, value]));
}

/** The state that an incident starts with. */
export function createState(input: IncidentInput, nowMs: number): EngineState {
  return {
    openedAtMs: nowMs,
    incidentState: 'declared',
    isStopped: false,
    steps: input.plan.steps
      .filter(({ scope }) => scope === '')
      .map(({ id }) => ({ id, plan: id, scope: '', state: 'pending', visit: 1 })),
    scopes: [{ id: '', plan: '', round: 1, inputs: input.inputs }],
    gates: [],
    asks: [],
    facts: [],
    obligations: [],
    clocks: {},
    needsAssessing: false,
    isAssessing: false,
    assessments: 0,
    openItems: [],
    pending: [],
    answered: [],
    sequence: 0,
    writtenState: 'declared',
  };
}
