import type { Json, JsonObject } from '../../contracts/json.ts';
import type { SecretReader } from '../port.ts';

/** A person as the directory knows them. */
export interface DirectoryPerson {
  /** Pseudonymous id at the directory. */
  readonly id: string;
  readonly displayName: string;
  /** E-mail address. */
  readonly address: string;
  /** BCP 47. */
  readonly locale: string;
  /** Contractual contact of the customer for whom we process this person's data; absent where we are the controller. */
  readonly controller?: DirectoryPerson;
}

/** Where addresses come from. Reads only; inside no retries, no ledger, no logging of what it answers. */
export interface Directory {
  /**
   * Looks people up.
   *
   * @param ids - at most 500.
   * @param asOf - ISO 8601 UTC: their addresses at that instant, since an intruder may have changed them; without it the present ones.
   * @returns by id; who is absent is not known there.
   * @throws CONNECTOR_ codes.
   */
  find(ids: readonly string[], asOf?: string): Promise<ReadonlyMap<string, DirectoryPerson>>;
  close(): Promise<void>;
}

/** Who administers the stores that were exposed. */
export interface StoreAdmins {
  /** Directory ids of a store's admins. @throws CONNECTOR_ codes. */
  of(store: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** One kind of directory, chosen by `use`. */
export interface DirectoryVendor {
  readonly use: string;
  /** What its part of the configuration holds beside `use`. */
  readonly schema: { readonly required: readonly string[]; readonly properties: Readonly<Record<string, Json>> };
  create(config: JsonObject, secrets: SecretReader): Directory;
}

/** People a directory takes a request. */
export const DIRECTORY_BATCH = 500;
