import type {
  ActionCall,
  ActionResult,
  ConnectorTraits,
  Mode,
  Observation,
  Outcome,
  PageCall,
  PageResult,
} from '../contracts/effects.ts';
import type { DatasetRef, DatasetRow } from '../contracts/dataset.ts';
import type { GateVariant } from '../contracts/messages.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { JsonObject } from '../contracts/json.ts';
import type { Ledger } from '../ledger/ports.ts';

/** How many targets a connector takes at a time. */
export interface BatchShape {
  /** Targets a call of `apply`; 1 for one-by-one providers. */
  readonly max: number;
  /** Calls in flight. */
  readonly concurrency: number;
  readonly perMinute?: number;
}

/** One target on its way out. */
export interface ApplyTarget {
  readonly row: DatasetRow;
  /** Deterministic for (effect, generation): for `keyed` providers, Message-IDs and find-by-key. Hex. */
  readonly key: string;
  readonly generation: number;
}

/** What a connector gets beside its targets. */
export interface ApplyContext {
  readonly incident: IncidentId;
  readonly mode: Mode;
  readonly step: string;
  readonly round: number;
  readonly with: JsonObject;
  /** Aborts on stop, lost lease or the end of the time budget; finish what is on the wire, start nothing new. */
  readonly signal: AbortSignal;
  /** Milliseconds one request may take. */
  readonly requestTimeoutMs: number;
}

/**
 * All that an integrator writes: one act on a batch of targets, and optionally a look at them.
 *
 * Inside: no retries, no ledger, no logging of values. It never throws for a target: each gets an {@link Outcome}. It
 * throws only when nothing was sent for the whole batch (the runner reports `planned` for all).
 */
export interface Connector extends ConnectorTraits {
  readonly batch: BatchShape;
  apply(targets: readonly ApplyTarget[], context: ApplyContext): Promise<readonly Outcome[]>;
  /** A consistent look, by read credentials, that changes nothing. Present exactly when `checks`. */
  check?(rows: readonly DatasetRow[], context: ApplyContext): Promise<readonly Observation[]>;
  close?(): Promise<void>;
}

/** Resolves a secret reference of the configuration: `env:NAME` or `file:PATH`. @throws CONFIG_SECRET_MISSING */
export type SecretReader = (reference: string) => string;

/** What a capability is built from; the composition root (`worker/`) fills it. */
export interface CapabilityEnvironment {
  readonly ledger: Ledger;
  readonly secrets: SecretReader;
  /** Wall clock, ISO 8601 UTC. */
  readonly now: () => string;
  /** People by id, for pages, tickets and drafts: name and address of staff, not of data subjects. */
  readonly staff: (id: string) =>
    | {
        readonly id: string;
        readonly name: string;
        readonly address: string;
        readonly outOfBand?: string;
        readonly slack?: string;
      }
    | undefined;
  /** Where a line for the operator goes (the console chat); standard error where the composition root gives none. */
  readonly log?: (line: string) => void;
}

/** Implementation of a single action; cancellation and heartbeat come from the Temporal activity context. */
export type SingleAction = (call: ActionCall) => Promise<ActionResult>;

/** Implementation of a paged action. */
export type PagedAction = (call: PageCall) => Promise<PageResult>;

/** What a capability shows at a gate: variants with counts and samples, words about what it covers, hashes the digest binds. */
export type GatePreview = (call: ActionCall & { readonly dataset?: DatasetRef }) => Promise<{
  readonly variants: readonly GateVariant[];
  readonly notes: readonly string[];
}>;

/** A capability at work. */
export interface RunningCapability {
  /** Action name to implementation. */
  readonly single: Readonly<Record<string, SingleAction>>;
  readonly paged: Readonly<Record<string, PagedAction>>;
  /** Previews by action; an action without one shows its targets' count only. */
  readonly previews: Readonly<Record<string, GatePreview>>;
  /** Traits of the connector that acts for an action; `undefined` where none acts. Gate digest and lint read them. */
  traits(action: string): ConnectorTraits | undefined;
  /** Opens a door of its own, where its configuration names one; a worker that polls its queue calls it once. */
  listen?(): void;
  close(): Promise<void>;
}

/** What a folder of `activities/` exports from its `capability.ts`. */
export interface Capability {
  /** `credentials`, `notices` ...: the key under `connectors:` in `firebreak.yaml`. */
  readonly name: string;
  /** JSON Schema 2020-12 of that part of the configuration. */
  readonly configSchema: JsonObject;
  create(config: JsonObject, environment: CapabilityEnvironment): RunningCapability;
}
