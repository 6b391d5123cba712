import type { GivenCredential } from '../../contracts/api.ts';
import type { Severity } from '../../contracts/detectors.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** A request as it arrived, before anything in it is believed. */
export interface Delivery {
  /** Names in lower case; a header that came twice is one text that no scheme takes. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** When it arrived, milliseconds since 1970. */
  readonly atMs: number;
}

/** A delivery that has proven where it comes from. */
export interface Authentic {
  /** Ids that the proof covers: the same one never acts twice. The body's hash is added to them. */
  readonly ids: readonly string[];
  /** What the proof covers, and what alone may be read. */
  readonly body: Buffer;
  /** Headers that the proof covers: all of them behind a bearer, none under a signature of the body. */
  readonly headers: Delivery['headers'];
  /** What the sender wants confirmed instead of handled: a page to open, at an address that was checked. */
  readonly confirm?: string;
}

/**
 * Proves a delivery over its raw bytes, before they are parsed.
 *
 * @throws DETECTOR_UNSIGNED, DETECTOR_STALE, DETECTOR_KEYS_AWAY
 */
export type Verify = (delivery: Delivery) => Promise<Authentic>;

/** One alert, in the words that all formats share. */
export interface DetectorEvent {
  /** Id at the detector, stable while it speaks of the same thing; empty where only the credential tells. */
  readonly id: string;
  readonly kind: string;
  /** ISO 8601 UTC; the detector's time is a proposal. */
  readonly time?: string;
  readonly severity?: Severity;
  /** A sample or a test: it can only start a drill. */
  readonly sample: boolean;
  /** What rules may read. Never a credential. */
  readonly fields: JsonObject;
  /** Credentials that came with the alert; sealed at the start, read by nothing before. */
  readonly credentials?: readonly GivenCredential[];
  /** Where the leaked secret can be fetched with our own credential: a path of the detector's API. */
  readonly secretPath?: string;
}

/**
 * Reads the alerts of a proven delivery.
 *
 * @throws DETECTOR_BODY_INVALID
 */
export type ReadEvents = (authentic: Authentic) => readonly DetectorEvent[];

/**
 * Reads a page of a fixed address: public keys, certificates, an alert with its secret. Follows nothing.
 *
 * @returns the body of a 200.
 * @throws Error for everything else.
 */
export type Get = (url: string, headers?: Readonly<Record<string, string>>) => Promise<string>;
