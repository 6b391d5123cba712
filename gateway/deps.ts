import type { Client } from '@temporalio/client';
import type { ConnectorTraits } from '../contracts/effects.ts';
import type { Library } from '../playbooks/library.ts';
import type { Ledger } from '../ledger/ports.ts';

/** A key of the API as the composition root reads it from the file of people. */
export interface DoorKey {
  readonly name: string;
  readonly sha256: string;
  readonly person?: string;
  readonly roles?: readonly string[];
  readonly playbooks?: readonly string[];
  readonly modes?: readonly string[];
}

/** A person as the doors know them. */
export interface DoorPerson {
  readonly id: string;
  readonly roles: readonly string[];
}

/** What the doors are built from; the composition root (`worker/`) fills it. */
export interface GatewayDeps {
  readonly ledger: Ledger;
  readonly client: Client;
  readonly library: Library;
  readonly people: readonly DoorPerson[];
  readonly keys: readonly DoorKey[];
  /** On-call schedules: name to person ids. */
  readonly oncall: Readonly<Record<string, readonly string[]>>;
  traits(action: string): ConnectorTraits | undefined;
  /** Writes an incident's bundle and tells where it is. */
  exportBundle(
    incident: string,
    audience: string,
  ): Promise<{ readonly path: string; readonly records: number; readonly head: string }>;
  /** Decodes payloads for the Temporal UI; JSON of `{payloads}` in and out. */
  decode(body: unknown): Promise<unknown>;
  log(line: object): void;
  /** ISO 8601 date. */
  today(): string;
}
