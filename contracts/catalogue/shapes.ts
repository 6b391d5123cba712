import type { ActionDeclaration, RetryPlan } from '../action.ts';
import type { JsonObject } from '../json.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Quick, safe to repeat: until the step's `within`, at most 20 s apart so that an outage ends within a minute. */
export const patient: RetryPlan = { max: 0, firstMs: SECOND, factor: 2, capMs: 20 * SECOND };

/** A few tries, then a person is asked. */
export const brief: RetryPlan = { max: 5, firstMs: SECOND, factor: 2, capMs: 20 * SECOND };

/** Default start-to-close of a single activity: one minute. */
export const singleTimeoutMs = MINUTE;

/** Start-to-close of a page: it returns what is left after 30 s; the rest is slack for a slow database. */
export const pageTimeoutMs = 2 * MINUTE;

/** Reference to a dataset of credentials; `holds` is the language's own keyword. */
export const credentials: JsonObject = { $ref: 'firebreak:dataset', holds: 'credentials' };
/** Where credentials are listed: `{source, where}`; what people give where no dataset exists yet. */
export const listing: JsonObject = { $ref: 'firebreak:listing' };
/** Reference to a dataset of people. */
export const people: JsonObject = { $ref: 'firebreak:dataset', holds: 'people' };
/** ISO 8601 duration. */
export const duration: JsonObject = { $ref: 'firebreak:duration' };
/** Short plain text. */
export const text: JsonObject = { type: 'string', minLength: 1, maxLength: 2000 };
/** Neutral name: template, queue, notice, role. */
export const name: JsonObject = { type: 'string', pattern: '^[a-z][a-zA-Z0-9-]{0,63}$' };
/** Non-negative integer. */
export const count: JsonObject = { type: 'integer', minimum: 0 };

/** A closed object schema: all of `required` must be there, nothing undeclared may be. */
export function object(properties: JsonObject, required: readonly string[] = []): JsonObject {
  return { type: 'object', additionalProperties: false, properties, required: [...required] };
}

/** Exactly one of these properties: a keyword for an object schema. */
export function oneOf(...names: readonly string[]): JsonObject {
  return { oneOf: names.map((one) => ({ required: [one] })), description: `given exactly one of ${names.join(', ')}` };
}

/** Outputs of every rollout. */
export const rolloutOutputs: JsonObject = object(
  { targets: count, left: count, counts: { type: 'object', additionalProperties: count } },
  ['targets', 'left', 'counts'],
);

type Given<Keys extends keyof ActionDeclaration> = Pick<ActionDeclaration, Keys> & Partial<ActionDeclaration>;

/** An action that reads: one activity, nothing happens outside. */
export function reading(
  declaration: Given<'name' | 'title' | 'input' | 'outputs' | 'queue' | 'cacao'>,
): ActionDeclaration {
  return {
    shape: 'single',
    effect: 'none',
    reversible: true,
    timeoutMs: singleTimeoutMs,
    retry: patient,
    setsFacts: [],
    drill: 'same',
    ...declaration,
  };
}

/** An action that acts once on the outside, or on the incident itself. */
export function acting(
  declaration: Given<'name' | 'title' | 'input' | 'outputs' | 'queue' | 'cacao' | 'effect' | 'subject'>,
): ActionDeclaration {
  return {
    shape: 'single',
    reversible: true,
    timeoutMs: singleTimeoutMs,
    retry: patient,
    setsFacts: [],
    drill: 'fenced',
    ...declaration,
  };
}

/** An action over a dataset: one activity a page. */
export function rollout(
  declaration: Given<'name' | 'title' | 'input' | 'queue' | 'cacao' | 'effect' | 'capability'>,
): ActionDeclaration {
  return {
    shape: 'page',
    outputs: rolloutOutputs,
    reversible: 'connector',
    timeoutMs: pageTimeoutMs,
    retry: patient,
    setsFacts: [],
    drill: 'fenced',
    ...declaration,
  };
}

/** A step for a person. */
export function asking(declaration: Given<'name' | 'title' | 'input' | 'outputs'>): ActionDeclaration {
  return {
    shape: 'people',
    effect: 'none',
    reversible: true,
    queue: 'engine',
    timeoutMs: singleTimeoutMs,
    retry: patient,
    setsFacts: [],
    drill: 'same',
    cacao: 'manual',
    ...declaration,
  };
}
