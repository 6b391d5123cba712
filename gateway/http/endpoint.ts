import type { ErrorCode } from '../../contracts/errors.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { Operation } from '../auth/authorize.ts';

/** A parameter of a query. */
export interface QueryParameter {
  readonly schema: JsonObject;
  readonly required?: boolean;
}

/** What an endpoint answers. */
export interface EndpointAnswer {
  readonly says: string;
  /** Schema of a JSON answer; absent: it has no body, or `media` says what it is. */
  readonly schema?: JsonObject;
  /** Media type, where it is not JSON. */
  readonly media?: string;
}

/** A route of the API as it is declared: what guards it, reads it and describes it. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'OPTIONS';
  /** Path with `:name` for parameters. */
  readonly path: string;
  /** Its name, unique: `operationId` of the document. */
  readonly id: string;
  readonly group: string;
  /** What it does, for `authorize`; `open` needs no key. */
  readonly operation: Operation | 'open';
  /** One line. */
  readonly title: string;
  /** What else there is to know. */
  readonly says?: string;
  readonly query?: Readonly<Record<string, QueryParameter>>;
  /** Headers it reads beyond those that all read. */
  readonly headers?: Readonly<Record<string, JsonObject>>;
  readonly body?: { readonly schema: JsonObject; readonly example: Json; readonly media?: string };
  /** It changes something: the request carries an `Idempotency-Key`. */
  readonly keyed?: true;
  /** By status. */
  readonly answers: Readonly<Record<number, EndpointAnswer>>;
  /** Codes it refuses with, beyond those that follow from the rest of the declaration. */
  readonly refuses?: readonly ErrorCode[];
  /** It speaks to the run of an incident. */
  readonly asksEngine?: true;
  /** A page for people: the key may also be the password of HTTP Basic. */
  readonly isPage?: true;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The declaration of the route. A route without one stays shut. */
    readonly endpoint?: Endpoint;
  }
}

/** Options of a route that is declared. */
export function declared(endpoint: Endpoint): { readonly config: { readonly endpoint: Endpoint } } {
  return { config: { endpoint } };
}

/** Media types that an endpoint answers with; empty: it answers without a body. */
export function mediaOf({ answers }: Endpoint): readonly string[] {
  return Object.values(answers).flatMap(({ schema, media }) =>
    media !== undefined ? [media] : schema !== undefined ? ['application/json'] : [],
  );
}

/** Whether an endpoint answers with a stream that does not end by itself: it has no HEAD. */
export function streams(endpoint: Endpoint): boolean {
  return mediaOf(endpoint).includes('text/event-stream');
}
