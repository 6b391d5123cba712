import type { EffectStore, RolloutStore } from './effects/effect-ports.ts';
import type { AlertStore } from './alert-port.ts';
import type { DocumentMeta, Handling } from './document-port.ts';
import type { DoorStore } from './door-port.ts';
import type { HoldStore } from './hold-ports.ts';
import type { ReturnStore } from './effects/return-ports.ts';
import type { CompiledPlan } from '../contracts/plan.ts';
import type { DatasetKind, DatasetRef, DatasetRow, KeyClass } from '../contracts/dataset.ts';
import type { Digest, IncidentId } from '../contracts/ids.ts';
import type { Mode } from '../contracts/effects.ts';
import type { IncidentState, ObligationStatus } from '../contracts/messages.ts';
import type { OpenDuty } from '../contracts/watchdog.ts';
import type { IntentStore } from './intent-port.ts';
import type { InventoryStore } from './inventory-port.ts';
import type { PageStore } from './page-port.ts';
import type { JournalDraft, JournalHead, JournalRecord } from '../contracts/journal.ts';
import type { Json, JsonObject } from '../contracts/json.ts';
import type { TurnStore } from './turn-port.ts';

export type * from './document-port.ts';
export type * from './effects/effect-ports.ts';

/** A row of the incident list. */
export interface IncidentRow {
  readonly incident: IncidentId;
  readonly mode: Mode;
  readonly state: IncidentState;
  readonly playbook: string;
  readonly planHash: Digest;
  readonly requester: string;
  readonly inputs: JsonObject;
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly openedAt: string;
  readonly closedAt: string | undefined;
  /** Version of the engine's behaviour that it began with, as its door wrote it. */
  readonly engineVersion: number;
  /** It was opened to wait for a person, and nobody has decided yet: its workflow was never started. */
  readonly held: boolean;
}

/** Request to open an incident; safe to repeat with the same key. */
export interface OpenRequest {
  /** Idempotency key of the caller; scoped by requester. */
  readonly key: string;
  /** SHA-256 of the canonical request; the same key with another hash is `GATEWAY_KEY_REUSED`. */
  readonly requestHash: Digest;
  readonly mode: Mode;
  readonly playbook: string;
  readonly planHash: Digest;
  readonly requester: string;
  readonly inputs: JsonObject;
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** Version of the engine's behaviour that it begins with; default the present one. */
  readonly engineVersion?: number;
  /** Leaks that it is about, by key: each is one open incident's. `isHeld`: it waits for a person to release it. */
  readonly about?: { readonly keys: readonly string[]; readonly isHeld: boolean };
}

/** Incidents and the inbox that maps idempotency keys to them. */
export interface IncidentStore {
  /**
   * One transaction: key to id, row, keys of the incident, first journal records, what it is about. `joined` when the key was
   * known.
   *
   * @throws INCIDENT_KEY_REUSED; INCIDENT_OPEN_ALREADY with the incident that is about one of the leaks, in `details`.
   */
  open(
    request: OpenRequest,
  ): Promise<{ readonly incident: IncidentId; readonly joined: boolean; readonly row: IncidentRow }>;
  read(incident: IncidentId): Promise<IncidentRow | undefined>;
  /** Newest first. */
  list(page: { readonly limit: number; readonly before?: string }): Promise<readonly IncidentRow[]>;
  setState(incident: IncidentId, state: IncidentState): Promise<void>;
  /** Destroys the incident's keys: its personal data and raw values are gone for good. */
  destroyKeys(incident: IncidentId, keyClass: KeyClass): Promise<void>;
  /** Keyed fingerprint of a raw credential (installation key): stable across incidents, 32 hex digits. */
  fingerprint(value: string): string;
  /** HMAC of a canonical person id under the incident's key: stable across rounds, 32 hex digits. */
  personSubject(incident: IncidentId, person: string): Promise<string>;
}

/** Who the people of an incident are: what datasets call by a pseudonym, the register knows by a sealed id. */
export interface PeopleStore {
  /**
   * Enters people by their id at the directory; sealed under the people's class, which this process need not be able to open.
   *
   * @returns subject by id, for each id once.
   */
  enter(incident: IncidentId, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Ids of those subjects that were entered, by subject. @throws LEDGER_KEY_WITHHELD, LEDGER_KEY_DESTROYED */
  idsOf(incident: IncidentId, subjects: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** A row before it is written. `sealed` is encrypted with the incident's key of the dataset's class. */
export interface NewRow {
  readonly subject: string;
  readonly attributes: JsonObject;
  readonly sealed: Json;
}

/** A row and the names of the parts that it goes into. */
export interface PlacedRow {
  readonly row: NewRow;
  readonly into: readonly string[];
}

/** Immutable, ordered sets of targets. Rows are taken as they come: whatever their number, few are in memory at a time. */
export interface DatasetStore {
  /** Writes all parts under (step, visit) in one commit; a retry returns the same refs. Rows are ordered and unique by subject. */
  write(
    owner: { readonly incident: IncidentId; readonly step: string; readonly visit: number },
    parts: Readonly<
      Record<string, { readonly kind: DatasetKind; readonly rows: AsyncIterable<NewRow> | Iterable<NewRow> }>
    >,
  ): Promise<Readonly<Record<string, DatasetRef>>>;
  /**
   * Like `write`, of one stream whose rows say which parts they go into: of rows with one subject the first one counts, in
   * all parts.
   *
   * @param kinds - by the name of the part; 255 at most.
   * @param accept - sees what is about to be written; where it throws, nothing is.
   */
  writePlaced(
    owner: { readonly incident: IncidentId; readonly step: string; readonly visit: number },
    kinds: Readonly<Record<string, DatasetKind>>,
    rows: AsyncIterable<PlacedRow> | Iterable<PlacedRow>,
    accept?: (refs: Readonly<Record<string, DatasetRef>>) => void,
  ): Promise<Readonly<Record<string, DatasetRef>>>;
  /** Like `write`, for a door: what it was handed is sealed under a class that this process may not open. */
  deposit: DatasetStore['write'];
  /**
   * Rows `from` (inclusive) to `to` (exclusive) in rollout order: rows whose `kind`, or `misused`, is in `first` go first,
   * each group by position. `open`: whether sealed parts are opened (needs the key class).
   */
  read(
    incident: IncidentId,
    dataset: DatasetRef,
    range: { readonly from: number; readonly to: number; readonly first?: readonly string[]; readonly open?: boolean },
  ): Promise<readonly DatasetRow[]>;
  /** Every row without sealed parts, streamed by position. */
  stream(incident: IncidentId, dataset: DatasetRef): AsyncIterable<DatasetRow>;
  /**
   * Rows that share the text of an attribute, group by group, without sealed parts; rows where it is absent or empty are in
   * none.
   */
  groups(
    incident: IncidentId,
    dataset: DatasetRef,
    attribute: string,
  ): AsyncIterable<{ readonly value: string; readonly rows: readonly DatasetRow[] }>;
  /** How many rows hold each value of an attribute (for gate counts). */
  countBy(incident: IncidentId, dataset: DatasetRef, attribute: string): Promise<Readonly<Record<string, number>>>;
  /** Different subjects in all datasets of a kind that steps gave as their `dataset`: parts and other outputs do not count. */
  distinct(incident: IncidentId, kind: DatasetKind): Promise<number>;
  /** Destroys the raw values of these subjects in every dataset of the incident that is of the same kind. */
  destroySealed(incident: IncidentId, dataset: DatasetRef, subjects: readonly string[]): Promise<void>;
}

/** One hash chain an incident. */
export interface JournalStore {
  /** Appends in order; a key that is there already returns its first record. */
  append(incident: IncidentId, drafts: readonly JournalDraft[]): Promise<JournalHead>;
  head(incident: IncidentId): Promise<JournalHead | undefined>;
  /** How far the journals of some incidents have come, and since when those are closed that are; of others, nothing. */
  heads(
    incidents: readonly IncidentId[],
  ): Promise<readonly { readonly incident: IncidentId; readonly seq: number; readonly closedAt: string | undefined }[]>;
  /** Oldest first. */
  read(
    incident: IncidentId,
    range: { readonly after?: number; readonly limit: number },
  ): Promise<readonly JournalRecord[]>;
  /** Recomputes the chain. @throws JOURNAL_BROKEN with the first bad `seq`. */
  verify(incident: IncidentId): Promise<JournalHead | undefined>;
}

/** Documents (sealed), plans and plan documents (plain, by hash), filings, follow-ups, obligations. */
export interface DocumentStore {
  /** Idempotent by (incident, name): the same body returns the first; another body is a new version of the name. */
  put(
    incident: IncidentId,
    document: {
      readonly name: string;
      readonly mediaType: string;
      readonly body: Uint8Array;
      readonly by: string;
      readonly handling: Handling;
    },
  ): Promise<DocumentMeta>;
  get(
    incident: IncidentId,
    id: string,
  ): Promise<{ readonly meta: DocumentMeta; readonly body: Uint8Array } | undefined>;
  list(incident: IncidentId): Promise<readonly DocumentMeta[]>;
  /** Stores a compiled plan and its documents, by hash. */
  putPlan(plan: CompiledPlan): Promise<void>;
  getPlan(planHash: Digest): Promise<CompiledPlan | undefined>;
  /** Text of a plan document. @throws DOCUMENT_UNKNOWN */
  text(hash: Digest): Promise<string>;
}

/** A filing: drafted by the engine, filed (or not) by a person. */
export interface FilingRow {
  readonly id: string;
  readonly kind: 'authority' | 'law-enforcement';
  readonly document: string;
  readonly dueAt: string | undefined;
  readonly state: 'draft' | 'filed' | 'not-filed';
  readonly by: string | undefined;
  readonly at: string | undefined;
  readonly reference: string | undefined;
}

/** Work that goes on after the incident. */
export interface FollowUpRow {
  readonly id: string;
  readonly step: string;
  readonly what: string;
  readonly owner: string | undefined;
  readonly dueAt: string | undefined;
}

/** What stays to be done under law and after the incident. */
export interface DutyStore {
  putFiling(incident: IncidentId, filing: FilingRow): Promise<void>;
  filings(incident: IncidentId): Promise<readonly FilingRow[]>;
  putFollowUp(incident: IncidentId, followUp: FollowUpRow): Promise<void>;
  followUps(incident: IncidentId): Promise<readonly FollowUpRow[]>;
  putTicket(
    incident: IncidentId,
    ticket: { readonly step: string; readonly connector: string; readonly id: string; readonly url: string },
  ): Promise<void>;
  tickets(
    incident: IncidentId,
  ): Promise<
    readonly { readonly step: string; readonly connector: string; readonly id: string; readonly url: string }[]
  >;
  /** Newest assessment; replaces the former one. */
  putObligations(incident: IncidentId, obligations: readonly ObligationStatus[]): Promise<void>;
  obligations(incident: IncidentId): Promise<readonly ObligationStatus[]>;
  /** Every duty of a live incident that is not closed, whose time runs. */
  open(): Promise<readonly OpenDuty[]>;
}

/** The ledger: one PostgreSQL, seen through one object. */
export interface Ledger {
  readonly incidents: IncidentStore;
  readonly people: PeopleStore;
  readonly datasets: DatasetStore;
  readonly effects: EffectStore;
  readonly rollouts: RolloutStore;
  readonly journal: JournalStore;
  readonly documents: DocumentStore;
  readonly duties: DutyStore;
  readonly holds: HoldStore;
  readonly returns: ReturnStore;
  readonly inventory: InventoryStore;
  readonly alerts: AlertStore;
  readonly pages: PageStore;
  readonly door: DoorStore;
  readonly turns: TurnStore;
  readonly intents: IntentStore;
  /** Whether the database answers. @throws LEDGER_UNREACHABLE */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** How to open a ledger. */
export interface LedgerOptions {
  /** `postgres://...` */
  readonly url: string;
  /** Key-encryption key, 32 bytes; wraps every incident's keys. */
  readonly keyEncryptionKey: Uint8Array;
  /** Which classes of incident keys this process may unwrap. */
  readonly opens: readonly KeyClass[];
  /** Connections, default 10. */
  readonly poolSize?: number;
}
