import { Environment } from '@marcbachmann/cel-js';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import type { StepError } from '../../contracts/messages.ts';
import type { Template } from '../../contracts/plan.ts';

/** What an expression may read. */
export interface Scope {
  readonly inputs: JsonObject;
  readonly facts: JsonObject;
  /** Outputs of ended steps, by local id. */
  readonly steps: JsonObject;
  readonly incident: JsonObject;
  readonly roles: JsonObject;
}

/** A value, or why there is none: bad data is a step's failure, never a workflow task's. */
export type Evaluated = { readonly value: Json } | { readonly error: StepError };

const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: false });

/** JSON to CEL: whole numbers are CEL ints, which the library holds as bigint. */
function toCel(value: Json): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (Array.isArray(value)) return (value as readonly Json[]).map(toCel);
  if (isJsonObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toCel(member)]));
  return value;
}

/** CEL to JSON. @throws TypeError for a value that JSON cannot hold. */
function fromCel(value: unknown): Json {
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new TypeError('a whole number is too large');
    return number;
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map(fromCel);
  if (isJsonObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fromCel(member)]));
  throw new TypeError('the value is not JSON');
}

function failure(source: string, error: unknown): StepError {
  const message = error instanceof Error ? error.message.split('\n')[0]! : String(error);
  const isMissing = /No such key|Unknown variable|No such field/i.test(message); // the library's words for what is not there
  return { code: isMissing ? 'INPUT_MISSING' : 'EXPRESSION_FAILED', message: `\${{ ${source} }}: ${message}` };
}

/**
 * Evaluates one expression.
 *
 * @param source - CEL, type-checked when the playbook was compiled.
 */
export function evaluate(source: string, scope: Scope): Evaluated {
  try {
    const context = Object.fromEntries(Object.entries(scope).map(([key, value]) => [key, toCel(value as JsonObject)]));
    return { value: fromCel(environment.evaluate(source, context)) };
  } catch (error) {
    return { error: failure(source, error) };
  }
}

/** Text of a value inside a longer text. */
function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * Fills a template: objects `{"$cel"}` and `{"$text"}` become their values, everything else stays.
 *
 * @returns the first error met, in document order.
 */
export function fill(template: Template, scope: Scope): Evaluated {
  if (Array.isArray(template)) return fillList(template as readonly Template[], scope);
  if (!isJsonObject(template)) return { value: template };
  if (typeof template.$cel === 'string') return evaluate(template.$cel, scope);
  if (Array.isArray(template.$text)) {
    const parts = fillList(template.$text as readonly Template[], scope);
    return 'error' in parts ? parts : { value: (parts.value as readonly Json[]).map(asText).join('') };
  }
  const filled: Record<string, Json> = {};
  for (const [key, member] of Object.entries(template)) {
    const result = fill(member, scope);
    if ('error' in result) return result;
    filled[key] = result.value;
  }
  return { value: filled };
}

function fillList(templates: readonly Template[], scope: Scope): Evaluated {
  const values: Json[] = [];
  for (const template of templates) {
    const result = fill(template, scope);
    if ('error' in result) return result;
    values.push(result.value);
  }
  return { value: values };
}
