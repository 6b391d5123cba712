import type { Client } from '@temporalio/client';
import type { Severity } from '../contracts/detectors.ts';
import type { ConnectorTraits } from '../contracts/effects.ts';
import type { BounceAnswer, HoldReport, HoldView, ReconcileReport } from '../contracts/returns.ts';
import type { ExportedBundle } from '../contracts/api.ts';
import type { EventLimits } from './http/event-hub.ts';
import type { DetectorConfig } from './detectors/config.ts';
import type { Get } from './detectors/port.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { TextSigner } from '../ledger/signatures.ts';
import type { Library } from '../playbooks/library.ts';
import type { Ledger } from '../ledger/ports.ts';
import type { ConfiguredNames } from '../playbooks/surroundings.ts';

/** A key of the API as the composition root reads it from the file of people. */
export interface DoorKey {
  readonly name: string;
  /** SHA-256 of the key, hex. */
  readonly sha256: string;
  /** Person that the key speaks for; absent for machines. */
  readonly person?: string;
  /** Roles of a machine. */
  readonly roles?: readonly string[];
  /** Playbooks that the key may start; absent: all. */
  readonly playbooks?: readonly string[];
  /** Modes that the key may start in; absent: all. */
  readonly modes?: readonly string[];
  /** The gravest live start that the key makes by itself; absent: any. */
  readonly severity?: Severity;
}

/** A person as the doors know them. */
export interface DoorPerson {
  readonly id: string;
  readonly roles: readonly string[];
  /** Who stands in, first to be asked first; for roles that they hold themselves. */
  readonly deputies?: readonly string[];
  /** Member id in Slack; absent: that person cannot use the Slack door. */
  readonly slack?: string;
  /** Public part of the key that signs that person's decisions (contracts/decision-proof.ts). */
  readonly key?: string;
}

/** How often one key, or one address without a key, may ask: a bucket of `burst` that fills at `perSecond`. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What the doors are built from; the composition root (`worker/`) fills it. */
export interface GatewayDeps {
  readonly ledger: Ledger;
  readonly client: Client;
  readonly library: Library;
  readonly people: readonly DoorPerson[];
  /** Signs what people decide, once they are known and may. */
  readonly decisions: TextSigner;
  readonly keys: readonly DoorKey[];
  /** Person ids by team, for `team:<id>` where people are bound; absent: there are none. */
  readonly teams?: Readonly<Record<string, readonly string[]>>;
  /** On-call schedules: name to person ids. */
  readonly oncall: Readonly<Record<string, readonly string[]>>;
  /** Traits of the connector that would act for an action. */
  readonly traits: (action: string) => ConnectorTraits | undefined;
  /** Names of the configuration that playbooks may refer to; absent: they are not checked. */
  readonly configured?: ConfiguredNames;
  /** Sends the head of a new journal out of the house, if that takes no time. @returns whether it has left; never throws. */
  readonly anchorStart: (incident: IncidentId) => Promise<boolean>;
  /** Writes an incident's bundle and tells where it is. */
  readonly exportBundle: (incident: string, audience: string) => Promise<ExportedBundle>;
  /** Decodes payloads for the Temporal UI; JSON of `{payloads}` in and out. */
  readonly decode: (body: unknown) => Promise<unknown>;
  /** Takes a report on a notice. @throws NOTICE_BOUNCE_UNKNOWN, NOTICE_BOUNCE_REPEATED, NOTICE_BOUNCE_EARLY */
  readonly takeBounce: (raw: Uint8Array, recipient: string | undefined) => Promise<BounceAnswer>;
  /** What had gone out to those whom a hold covers. */
  readonly goneOut: (incident: IncidentId, hold: HoldView) => Promise<HoldReport>;
  /** Settles what ended runs left claimed. */
  readonly reconcile: () => Promise<ReconcileReport>;
  readonly log: (line: object) => void;
  /** ISO 8601 date. */
  readonly today: () => string;
  /** Requests of one key; default 50 a second, 200 at once. */
  readonly rate?: Rate;
  /** After how long without a heartbeat an act of a new incident is given to another worker; default 10 s. */
  readonly heartbeatTimeoutMs?: number;
  /** Detection systems that may start incidents; absent: none. */
  readonly detectors?: readonly DetectorConfig[];
  /** Reads pages of detectors: keys, certificates, alerts; default over HTTPS. */
  readonly get?: Get;
  /** Times and bounds of event streams; default: see there. */
  readonly events?: Partial<EventLimits>;
  /** Origins of Temporal UIs that may use the codec endpoint from a browser; default none. */
  readonly uiOrigins?: readonly string[];
}
