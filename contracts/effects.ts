import type { JsonObject } from './json.ts';
import type { DatasetRef } from './dataset.ts';
import type { Digest, IncidentId, StepId } from './ids.ts';
import type { JournalDraft } from './journal.ts';

/**
 * What a repeat of an act means at its provider.
 *
 * `idempotent`: the same again changes nothing. `keyed`: the provider drops repeats of a key while the key lives.
 * `checkable`: a consistent read tells whether it happened. `blind`: nobody can tell; never repeated unasked.
 */
export type EffectClass = 'idempotent' | 'keyed' | 'checkable' | 'blind';

/** State of an effect; transitions: facts in docs/architecture.md. */
export type EffectState =
  | 'planned'
  | 'claimed'
  | 'accepted'
  | 'verified'
  | 'refuted'
  | 'failed'
  | 'unknown'
  | 'withheld'
  | 'bounced'
  | 'complained';

/** How many effects stand in which state; absent means 0. */
export type EffectCounts = Readonly<Partial<Record<EffectState, number>>>;

/** What a connector says of one target after `apply`. `planned` means: certain that nothing happened, ask again. */
export interface Outcome {
  readonly subject: string;
  readonly state: 'accepted' | 'failed' | 'unknown' | 'planned';
  /** Registered error code for every state but `accepted`. */
  readonly code?: string;
  /** With `planned`: not before this many milliseconds. */
  readonly waitMs?: number;
  /** What the outside answered, safe to store: no raw value, no address. */
  readonly receipt: JsonObject;
}

/** What a look at one target saw. `dead` is `undefined` where nobody can tell now. */
export interface Observation {
  readonly subject: string;
  readonly dead: boolean | undefined;
  /** For a notice: it came back, or its reader complained. Counts instead of `dead`. */
  readonly notice?: 'bounced' | 'complained';
  readonly receipt: JsonObject;
}

/** What people must know at the gate, and lint needs, about the connector that will act. */
export interface ConnectorTraits {
  /** `http-issuer`, `rfc7009`, `smtp` ... */
  readonly name: string;
  readonly effect: EffectClass;
  /** Whether it can look (has `check`). */
  readonly checks: boolean;
  /** Whether the provider itself tells the owner. */
  readonly notifiesOwner: boolean;
  readonly reversible: boolean;
  /** Whether it needs the raw credential. */
  readonly needsRawValue: boolean;
  /** How long an accepted effect may take to show, in milliseconds. */
  readonly effectDelayMaxMs: number;
  /** Whether open sessions end with it. */
  readonly endsSessions: boolean;
  /** For `keyed`: how long the provider remembers a key, in milliseconds. */
  readonly keyLifetimeMs?: number;
  /** Longest time one request may stay open, in milliseconds. */
  readonly longestRequestMs: number;
}

/** live: effects real. drill: effects fenced. preview: no effects, only the list of what would happen. */
export type Mode = 'live' | 'drill' | 'preview';

/** What every activity of an incident gets. */
export interface CallContext {
  readonly incident: IncidentId;
  readonly mode: Mode;
  readonly planHash: Digest;
  readonly step: StepId;
  /** From 1; a retry chosen by a person is the next visit. */
  readonly visit: number;
  /** Number of the round of the step's scope, from 1. */
  readonly round: number;
  /** Records made in the workflow; the activity appends them before it acts (facts/engine item 19). */
  readonly journal: readonly JournalDraft[];
}

/** Call of an action without `forEach`; the activity type is the action's name. */
export interface ActionCall extends CallContext {
  readonly uses: string;
  /** `with`, every expression replaced by its value. */
  readonly with: JsonObject;
  /** Hashes of plan documents that the step may read (templates by locale ...): name to hash. */
  readonly texts: Readonly<Record<string, Digest>>;
  /** Newest value of every fact key the step reads. */
  readonly facts: JsonObject;
  /** Person bound to each role. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** Digest of the gate that let it through; `undefined` where the step has none. */
  readonly gate?: Digest;
  /** It takes back what the step did: an effect of its own, under the step's gate. */
  readonly isUndo?: boolean;
}

/** Result of an action; outputs as its declaration says, at most 4 KiB. */
export interface ActionResult {
  readonly outputs: JsonObject;
  /** Facts the action sets: key and value; the workflow adds source and time. */
  readonly facts?: JsonObject;
  /** What stays open though the step ended, one sentence each. */
  readonly openItems?: readonly string[];
  /** `partial` satisfies `needs`; the remainder is in `openItems`. */
  readonly state?: 'succeeded' | 'partial';
}

/** Call of one page of a rollout; the activity type is the action's name (an action is either single or paged). */
export interface PageCall extends ActionCall {
  readonly dataset: DatasetRef;
  /** Number of the page in this visit, from 0; part of the lease id. */
  readonly page: number;
  /** Rows by position, `from` inclusive, `to` exclusive, in rollout order. */
  readonly from: number;
  readonly to: number;
  /** Kinds that go first; changes the order in which positions are read. */
  readonly first: readonly string[];
  readonly onUnknown: 'report' | 'resend';
  /** People let it go on although more readers than expected would be told that nothing is proven yet. */
  readonly driftAccepted?: boolean;
}

/** How many of a rollout's first targets tell whether its notices come back. */
export const RETURNS_WATCHED = 200;

/** Result of one page. A page never fails because of its targets. */
export interface PageResult {
  readonly counts: EffectCounts;
  /** Targets that are neither settled nor given up; swept again. */
  readonly left: number;
  /** When `left > 0`: not before this many milliseconds from now. */
  readonly waitMs?: number;
  /** Why targets are left, by error code. */
  readonly reasons?: Readonly<Record<string, number>>;
  /** The limit in force stopped the page; a gate opens. */
  readonly limited?: boolean;
  /** With `limited`: whose limit, where it is not that of the step's own action. */
  readonly limitedBy?: string;
  /** The permit is not open: stopped or held. */
  readonly stopped?: boolean;
  /** Readers that wait since more than expected would be told that a secret still works, or that nobody knows. */
  readonly drift?: number;
  /** Of the first {@link RETURNS_WATCHED} targets of the rollout, how many notices came back or were complained about. */
  readonly returned?: number;
}
