import type { Digest, IncidentId } from './ids.ts';
import type { EffectCounts, Mode } from './effects.ts';
import type { Fact, FactKey } from './facts.ts';
import type { IncidentState, IncidentStatus, ObligationStatus, ResolveStepMessage } from './messages.ts';
import type { Json, JsonObject } from './json.ts';
import type { JournalHead, JournalRecord } from './journal.ts';
import type { Plan } from './plan.ts';

/**
 * Bodies and answers of the HTTP API, version 1 (paths in gateway/README.md).
 *
 * Every request carries `Authorization: Bearer <key>`; every POST an `Idempotency-Key`: a repeat with the same body is
 * answered like the first, with another body it is refused. Who acts, and under which roles, is known from the key alone.
 */

/** Name under which credentials that came with a start are kept: the value of the playbook's input `upload`. */
export const START_UPLOAD = 'upload-1';

/** What an amendment's input `upload` holds for the credentials that alerts brought since the start: all of them so far. */
export const FOUND_UPLOAD = 'alerts';

/** A credential given with a start. Its value is sealed at once; from then on only the privileged worker opens it. */
export interface GivenCredential {
  /** Raw value. */
  readonly value: string;
  /** Name of the issuer as configured; `own` where it is left out. */
  readonly issuer?: string;
  readonly kind?: string;
  /** What its owner calls it, e.g. `DEPLOY_KEY`. */
  readonly name?: string;
  /** Person id at the directory, where it is known. */
  readonly owner?: string;
}

/** `POST /v1/incidents`: starts an incident, or joins the one that the same key started. */
export interface StartBody {
  readonly playbook: string;
  readonly inputs?: JsonObject;
  /** Default `live`. */
  readonly mode?: Mode;
  /** Role to person ids, deputies after the first; roles that are left out are bound from on-call and people. */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /** For playbooks with an input `upload`: the gateway seals them and fills the input in. At most 500. */
  readonly credentials?: readonly GivenCredential[];
}

/** Answer of a start: 201 when it was new, 200 when it was joined. */
export interface Started {
  readonly incident: IncidentId;
  readonly joined: boolean;
  readonly planHash: Digest;
}

/** `POST /v1/incidents/:id/decisions`. */
export interface DecisionBody {
  readonly gate: string;
  /** What the person saw. */
  readonly digest: string;
  readonly answer: 'approve' | 'reject';
  /** Role to speak as; left out: the first of the key's roles that the person holds in this incident. */
  readonly role?: string;
  readonly comment?: string;
  readonly breakGlass?: boolean;
  /** Of `personalText` (contracts/decision-proof.ts) by the person's own key, base64url, where the gate asks for it. */
  readonly signature?: string;
}

/** `POST /v1/incidents/:id/facts`. */
export interface FactBody {
  readonly key: FactKey;
  readonly value: Json;
  /** Default `stated`. */
  readonly confidence?: Fact['confidence'];
}

/** `POST /v1/incidents/:id/steps/:step/resolution`; a step inside a scope is written `round%2Fcontain`. */
export interface ResolutionBody {
  readonly answer: ResolveStepMessage['answer'];
  readonly role?: string;
  readonly values?: JsonObject;
  readonly comment?: string;
}

/** `POST /v1/incidents/:id/amendments`: one of `run` and `skip`. */
export interface AmendmentBody {
  readonly run?: string;
  readonly inputs?: JsonObject;
  readonly skip?: string;
  /** Steps whose act is taken back, the one that ended last first. */
  readonly undo?: readonly string[];
  readonly role?: string;
  readonly reason: string;
}

/** `POST /v1/incidents/:id/stop` and `/resume`. */
export interface StopBody {
  /** Left out: the whole incident. */
  readonly step?: string;
  readonly role?: string;
  readonly reason: string;
}

/** `POST /v1/incidents/:id/bundle`. */
export interface BundleBody {
  /** Default `auditor`. */
  readonly audience?: 'authority' | 'auditor' | 'law-enforcement';
  /** `true`: the answer is the bundle itself, as `application/octet-stream`. */
  readonly download?: boolean;
}

/** Answer of an export without `download`. */
export interface ExportedBundle {
  /** Where it lies on the gateway's machine. */
  readonly path: string;
  readonly records: number;
  /** Hash of the newest record in it. */
  readonly head: string;
}

/** `GET /v1/incidents/:id`. */
export interface IncidentView extends IncidentStatus {
  /** `ledger`: the engine does not answer, or has forgotten the run; steps, gates and facts are then empty. */
  readonly source: 'engine' | 'ledger';
  /** What is to be done at the manual steps that wait for people now, by step; absent where none says more than its title. */
  readonly instructions?: Readonly<Record<string, string>>;
}

/** What every page of a list has beside its rows: `GET ...?limit=&after=`. */
export interface Page {
  /** Give it as `after` to get what follows; absent on the last page. */
  readonly next?: string;
}

/** `GET /v1/incidents`, newest first. */
export interface IncidentPage extends Page {
  readonly incidents: readonly IncidentSummary[];
}

/** A row of {@link IncidentPage}. */
export interface IncidentSummary {
  readonly incident: IncidentId;
  readonly mode: Mode;
  readonly state: IncidentState;
  readonly playbook: string;
  readonly planHash: Digest;
  readonly requester: string;
  readonly openedAt: string;
  readonly closedAt?: string;
}

/** `GET /v1/incidents/:id/timeline`: journal records, oldest first; `after` and `next` are places in the journal. */
export interface Timeline extends Page {
  readonly records: readonly JournalRecord[];
  readonly head?: JournalHead;
}

/** `GET /v1/incidents/:id/documents`, oldest first; counsel's lane is listed to counsel only. */
export interface DocumentPage extends Page {
  readonly documents: readonly DocumentEntry[];
}

/** An entry of {@link DocumentPage}. */
export interface DocumentEntry {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: number;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly handling: { readonly tlp: string; readonly privilege: 'none' | 'counsel'; readonly audience: string };
}

/** `GET /v1/incidents/:id/receipts?action=&subject=`, oldest first. */
export interface ReceiptPage extends Page {
  readonly receipts: readonly ReceiptEntry[];
}

/** An entry of {@link ReceiptPage}. */
export interface ReceiptEntry {
  readonly at: string;
  readonly kind: string;
  readonly state: string;
  readonly body: JsonObject;
}

/** `GET /v1/incidents/:id/effects`: counts by action. */
export interface EffectsView {
  readonly effects: Readonly<Record<string, EffectCounts>>;
  /** Why some did not come through: action to error code to number. */
  readonly codes: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** `GET /v1/incidents/:id/duties`, oldest first; obligations are all on the first page. */
export interface DutiesView extends Page {
  readonly filings: readonly JsonObject[];
  readonly followUps: readonly JsonObject[];
  readonly tickets: readonly JsonObject[];
  readonly obligations: readonly ObligationStatus[];
}

/** An entry of `GET /v1/playbooks`. */
export interface PlaybookEntry {
  readonly name: string;
  readonly title: string;
  readonly version: number;
  /** Capabilities that have to be configured (`connectors.<name>`) before it can be started; empty where none is missing. Its code where it does not compile. */
  readonly lacks: readonly string[];
}

/** `GET /v1/playbooks/:name/explain`, and `GET /v1/incidents/:id/plan` for the plan an incident is pinned to. */
export interface ExplainedPlan {
  readonly planHash: Digest;
  /** The plan as a tree that people read. */
  readonly text: string;
  readonly plan: Plan;
  /** What people are to do at manual steps, by step. */
  readonly instructions?: Readonly<Record<string, string>>;
}

/** Refused requests of one minute that are alike; never what was said in them. */
export interface RefusalView {
  /** Person id, `key:<machine>`, `detector:<name>`, `address:<of a stranger>`, or `others` in a flood. */
  readonly who: string;
  /** Method and path pattern. */
  readonly route: string;
  readonly code: string;
  readonly times: number;
  /** Incident of the newest, where its path named one. */
  readonly incident?: IncidentId;
  /** Request id of the newest. */
  readonly request: string;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** `GET /v1/audit?who=&code=`, newest first. */
export interface RefusalPage extends Page {
  readonly refusals: readonly RefusalView[];
}

/** Every failure. @source RFC 9457 */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What failed, without the remedy. */
  readonly detail: string;
  readonly code: string;
  readonly remedy: string;
  readonly requestId: string;
}
