import type { DatasetRef } from '../../contracts/dataset.ts';
import type { DecisionProof } from '../../contracts/decision-proof.ts';
import type { Fact } from '../../contracts/facts.ts';
import type {
  AskStatus,
  GateStatus,
  IncidentInput,
  IncidentState,
  ObligationStatus,
  Receipt,
  RetryState,
  StepError,
  StepState,
} from '../../contracts/messages.ts';
import type { JournalDraft } from '../../contracts/journal.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** What a step waits for; `status` shows it. */
export type WaitsFor = 'needs' | 'gate' | 'person' | 'time' | 'hold' | 'pause' | 'limit' | 'retry' | 'duty';

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
  /** Newest gate that lets this visit act. */
  gate?: string;
  /** Question that the rollout of this visit held at last. */
  holdGate?: string;
  /** How many targets a pre-authorisation lets through before the gate is answered. */
  ceiling?: number;
  /** Whether the activity or child was asked to start. */
  isAsked?: boolean;
  waitsFor?: WaitsFor;
  /** Wakes the step: `wait.until`, or another look at close. Epoch milliseconds. */
  wakeAtMs?: number;
  isStopped?: boolean;
  /** It is to end with what it has done, and nothing more of it is wanted. */
  isGivenUp?: boolean;
  /** What a single action that was given up while it ran ends as. */
  endsAs?: 'skipped' | 'succeeded';
  /** People skipped it before what it needs had ended: it ends when its turn comes. */
  isToSkip?: boolean;
  /** Action whose limit its rollout holds at, where that is not its own. */
  limitedBy?: string;
  /** A person paused its rollout. */
  isPaused?: boolean;
  /** Rows in these states are reopened when this visit's rollout starts: a person's retry. */
  reopens?: readonly RetryState[];
  isUndone?: boolean;
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

/** A gate with what the interpreter needs beyond what people see. `digest` is `''` until the gate has opened. */
export interface GateRecord extends Mutable<Omit<GateStatus, 'answers' | 'openedAt' | 'expiresAt'>> {
  readonly visit: number;
  readonly withinMs: number;
  readonly onExpiry: 'escalate' | 'halt';
  openedAtMs: number;
  expiresAtMs: number;
  answers: GateAnswer[];
  /** How many targets somebody signed for beforehand. */
  signedFor?: number;
  /** The decisions on it have opened a permit: they hold. */
  isProven?: boolean;
  /** By how much its approval raised whose limit. */
  raises?: { readonly uses: string; readonly by: number };
  /** Canonical facts that the digest covers. */
  readonly covers: string;
  /** For an amendment: what runs once enough people have said yes. */
  readonly amendment?: { readonly run: string; readonly inputs: JsonObject };
}

/** A person's answer with what the door vouches for; the proof is no part of what `status` shows. */
export interface GateAnswer extends Mutable<Omit<GateStatus['answers'][number], 'factor'>> {
  proof?: DecisionProof;
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
  /** Nothing new starts, nothing acts, until a person resumes. */
  isStopped: boolean;
  /** Set by a failure with `halt`, or an expired gate: nothing new starts until it is answered. */
  haltedBy?: string;
  readonly steps: StepRecord[];
  readonly scopes: ScopeRecord[];
  readonly gates: GateRecord[];
  readonly asks: AskRecord[];
  /** The newest of each key; the journal holds them all. */
  facts: Fact[];
  obligations: ObligationStatus[];
  /** Clocks that were started: obligation to its due time. */
  readonly clocks: Record<string, string>;
  /** Facts or filings changed since the duties were last assessed. */
  needsAssessing: boolean;
  isAssessing: boolean;
  assessments: number;
  readonly openItems: { readonly step: string; readonly text: string }[];
  /** Steps that a person wants undone, the next one first; the first is under way. */
  undoing: string[];
  /** How much more than the plan's limit people let through, by action. */
  readonly raised: Record<string, number>;
  /** Records that no activity has confirmed yet; every call carries them (appending is idempotent by key). */
  pending: JournalDraft[];
  /** When the journal's head last left the house, and how many records had been made. */
  anchored: { readonly atMs: number; readonly records: number };
  /** The status card: what it showed last and when. */
  readonly card: { shown?: string; shownAtMs: number; isBeingDrawn: boolean };
  /** Answered update ids with their receipts, oldest first; bounded. Those of facts are kept apart: they come in floods. */
  readonly answered: Receipt[];
  told?: Receipt[];
  /** Counts flips of permits, in the order in which they were decided. */
  turns?: number;
  /** Counts records: numbers journal keys that have no id of their own, and tells whether a pass changed anything. */
  sequence: number;
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
    undoing: [],
    raised: {},
    pending: [],
    anchored: { atMs: nowMs, records: 0 },
    card: { shownAtMs: nowMs, isBeingDrawn: false },
    answered: [],
    sequence: 0,
  };
}
