import type { Json, JsonObject } from './json.ts';
import type { Digest } from './ids.ts';

/** Which of the incident's two keys opens the sealed part of a row. */
export type KeyClass = 'secrets' | 'people';

/** What a dataset's rows are. */
export type DatasetKind = 'credentials' | 'people';

/** Reference to an immutable, ordered set of targets: all that travels through Temporal. */
export interface DatasetRef {
  /** UUID. */
  readonly id: string;
  readonly kind: DatasetKind;
  readonly count: number;
  /** Merkle root over fixed leaves of 500 rows of (subject, salted attribute commitment). */
  readonly digest: Digest;
}

/** One target as the ledger hands it to an action. */
export interface DatasetRow<Attributes extends JsonObject = JsonObject, Sealed extends Json = Json> {
  /** Position in the dataset, from 0. */
  readonly position: number;
  /** Stable name of the target in effects: a credential's keyed fingerprint, a person's HMAC. */
  readonly subject: string;
  /** What may be shown to a worker without the key: kind, hint, scopes, locale; no raw value, no address. */
  readonly attributes: Attributes;
  /** The opened sealed part; `undefined` where this worker may not open it or it was destroyed. */
  readonly sealed: Sealed | undefined;
}

/** Attributes of a row of kind `credentials`. */
export interface CredentialAttributes extends JsonObject {
  /** `own` or the name of the foreign issuer (`github`, `huggingface` ...). */
  readonly issuer: string;
  /** `user`, `service`, `classic`, `org` ...: as the issuer calls it. */
  readonly kind: string;
  /** Name its owner gave it in the store, e.g. `DEPLOY_KEY`; shown to that owner only. */
  readonly name: string;
  /** `hf_...c3f9`: prefix and last four, never more. */
  readonly hint: string;
  /** Id at the issuer, where it has one; not secret. */
  readonly issuerId: string;
  readonly scopes: readonly string[];
  /** Whether misuse was seen; rollouts may take these `first`. */
  readonly misused: boolean;
  /**
   * HMAC of the owning person under the incident key, equal to that person's dataset subject; '' where nobody is known. Which
   * person of the directory it is stands in the ledger's register, sealed under the people's class.
   */
  readonly owner: string;
  /** Store the credential was found in, `''` where it was listed at its issuer. */
  readonly store?: string;
}

/** One exposed secret of a person, by reference; its state is looked up at the claim. */
export interface PersonSecret extends JsonObject {
  /** Subject of the credential's effects. */
  readonly subject: string;
  readonly name: string;
  readonly hint: string;
  readonly issuer: string;
  readonly kind: string;
}

/** Attributes of a row of kind `people`. */
export interface PersonAttributes extends JsonObject {
  /** BCP 47, e.g. `en`, `de`. */
  readonly locale: string;
  /** `owner`, `store-admin` or `controller` (a customer's contractual contact). */
  readonly relation: string;
  /** Administers an exposed store, whether or not any of the secrets is theirs. */
  readonly admin?: boolean;
  /** For a controller: how many of its people are affected. */
  readonly people?: number;
  readonly secrets: readonly PersonSecret[];
}

/** Sealed part of a person: opened by the mail and filings workers only. */
export interface PersonSealed extends JsonObject {
  readonly address: string;
  readonly displayName: string;
}
