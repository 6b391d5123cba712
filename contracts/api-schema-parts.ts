import type { Json, JsonObject } from './json.ts';

/** What schemas of the HTTP API are written with: JSON Schema 2020-12, as OpenAPI 3.1 takes it. */

/** Members by name. */
type Members = Readonly<Record<string, JsonObject>>;

/** A text. @param says - what it is. @param more - further keywords. */
export function text(says: string, more: JsonObject = {}): JsonObject {
  return { type: 'string', description: says, ...more };
}

/** A text that people write: 1 to 4,000 characters, nothing shaped like a credential. */
export function words(says: string): JsonObject {
  return text(says, { minLength: 1, maxLength: 4_000 });
}

/** An instant: ISO 8601, UTC. */
export function instant(says: string): JsonObject {
  return text(says, { format: 'date-time' });
}

/** One of some words. */
export function oneOf(says: string, of: readonly Json[]): JsonObject {
  return { enum: of, description: says };
}

/** A whole number from 0. */
export function count(says: string, more: JsonObject = {}): JsonObject {
  return { type: 'integer', minimum: 0, description: says, ...more };
}

/** Yes or no. */
export function flag(says: string): JsonObject {
  return { type: 'boolean', description: says };
}

/** A list. */
export function list(says: string, items: JsonObject, more: JsonObject = {}): JsonObject {
  return { type: 'array', items, description: says, ...more };
}

/** Values of one kind by names that are not known before. */
export function mapOf(says: string, values: JsonObject): JsonObject {
  return { type: 'object', additionalProperties: values, description: says };
}

/** A component of the document, by its name. */
export function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

/** An object of an answer. Who reads it ignores members that are not described: a later version may add some. */
export function object(says: string, required: Members, optional: Members = {}): JsonObject {
  return {
    type: 'object',
    description: says,
    required: Object.keys(required),
    properties: { ...required, ...optional },
  };
}

/** An object of a request: a member that is not described is refused. */
export function body(says: string, required: Members, optional: Members = {}, more: JsonObject = {}): JsonObject {
  return { ...object(says, required, optional), additionalProperties: false, ...more };
}

/** Any object. */
export function anyObject(says: string): JsonObject {
  return { type: 'object', description: says };
}

/** SHA-256, lower-case hex. */
export function digest(says: string): JsonObject {
  return text(says, { pattern: '^[0-9a-f]{64}$' });
}

/** How the id of an incident looks. */
export const INCIDENT_PATTERN = '^(INC|DRL)-\\d{4}-\\d{4,8}$';

/** The id of an incident. */
export const incident = text('Id of an incident.', { pattern: INCIDENT_PATTERN });

/** A neutral name. */
export function name(says: string): JsonObject {
  return text(says, { pattern: '^[a-z][a-zA-Z0-9-]{0,63}$' });
}

/** Where a list goes on. */
export const next = text('Give it as `after` to get what follows; absent on the last page.');
