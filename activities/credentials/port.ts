import type { Connector, SecretReader } from '../port.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** A credential as a source found it, before it gets its place in a dataset. */
export interface FoundCredential {
  /** Name under `issuers`, or a foreign issuer's name that nothing is configured for. */
  readonly issuer: string;
  readonly kind: string;
  readonly name: string;
  readonly hint: string;
  /** Id at the issuer; `''` where it has none or nobody knows. */
  readonly issuerId: string;
  readonly scopes: readonly string[];
  readonly misused: boolean;
  /** Person id at the directory; `''` where nobody is known. */
  readonly ownerId: string;
  /** Store it was found in; `''` where it was listed at its issuer. */
  readonly store: string;
  /** Raw value; `undefined` where the source does not show it. */
  readonly value: string | undefined;
}

/** Where `credentials.list` reads. */
export interface CredentialSource {
  /**
   * Every credential that matches, streamed.
   *
   * @param where - filters of the source, e.g. `{store}` or `{kind, status}`.
   * @throws CONNECTOR_ codes; the whole list is read again by the next attempt.
   */
  list(where: Readonly<Record<string, string>>): AsyncIterable<FoundCredential>;
  close(): Promise<void>;
}

/** What an issuer says of a value shown to it. */
export interface Identified {
  readonly issuerId: string;
  readonly kind: string;
  readonly ownerId: string;
  readonly scopes: readonly string[];
  readonly misused: boolean;
}

/** What was done with a credential, as its issuer knows. */
export interface CredentialActivity {
  readonly scopes: readonly string[];
  /** ISO 8601 UTC; `undefined` where it was never used. */
  readonly lastUsedAt: string | undefined;
  /** Programs or addresses that used it. */
  readonly clients: readonly string[];
}

/** Replacement of a credential: two acts, then the old one is revoked. */
export interface Rotation {
  /** Issues a replacement; its receipt holds `replacement`, the id, and never the value. Class `keyed` or `checkable`. */
  readonly issue: Connector;
  /** Hands the replacement over to the owner; the id is in `row.attributes.replacement`. Tells the owner. */
  readonly handOver: Connector;
  /** Replacement ids whose owner confirmed the hand-over or that were seen in use. At most 500 ids. */
  readonly confirmed: (replacements: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** One configured issuer, as the actions see it. What it cannot do is absent. */
export interface CredentialIssuer {
  /** Revokes for good; its `check` is also how `credentials.verify` looks. */
  readonly revoke: Connector;
  /** Disables in a way that can be taken back. */
  readonly disable?: Connector;
  readonly endSessions?: Connector;
  readonly rotation?: Rotation;
  /** What the issuer knows of values shown to it, in order; `undefined` for one it does not know. At most 500 values. */
  identify?(values: readonly string[]): Promise<readonly (Identified | undefined)[]>;
  /** Activity by issuer id; ids the issuer does not know are absent. At most 500 ids. */
  activity?(issuerIds: readonly string[]): Promise<ReadonlyMap<string, CredentialActivity>>;
  /** Raw values that the engine itself works with at this issuer: never targets. */
  readonly ownValues: readonly string[];
  close(): Promise<void>;
}

/** A vendor: how to make issuers or sources of it from configuration. One file in `connectors/` each. */
export interface CredentialVendor {
  /** The word after `use:`. */
  readonly use: string;
  /** JSON Schemas 2020-12 of the configuration beside `use`; absent where it cannot serve as such. */
  readonly issuerSchema?: JsonObject;
  readonly sourceSchema?: JsonObject;
  readonly createIssuer?: (config: JsonObject, secrets: SecretReader) => CredentialIssuer;
  /** @param name - the key under `sources`. */
  readonly createSource?: (config: JsonObject, secrets: SecretReader, name: string) => CredentialSource;
}

/** Ids or values a batched reading call takes at most. */
export const READ_BATCH = 500;

/**
 * How a credential is shown: prefix and last four, `hf_...c3f9`.
 *
 * @param value - raw; shorter than 16 characters it shows nothing at all, since four would be too much of it.
 */
export function hintOf(value: string): string {
  if (value.length < 16) return '...';
  const prefix = /^[A-Za-z]{1,8}_/.exec(value)?.[0] ?? '';
  return `${prefix}...${value.slice(-4)}`;
}
