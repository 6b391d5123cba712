import { Environment, EvaluationError, ParseError } from '@marcbachmann/cel-js';
import { fromCel, toCel } from '../../contracts/cel-values.ts';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import type { StepError } from '../../contracts/messages.ts';
import type { Template } from '../../contracts/plan.ts';

/** What an expression may read. */
export interface Scope {
  readonly inputs: JsonObject;
  readonly facts: JsonObject;
  /** Outputs of ended steps of the same scope, by local id. */
  readonly steps: JsonObject;
  readonly incident: JsonObject;
  readonly roles: JsonObject;
}

/** A value, or why there is none: bad data is a step's failure, never a workflow task's. */
export type Evaluated = { readonly value: Json } | { readonly error: StepError };

/** Codes of the library for what is not there. */
const MISSING = new Set(['no_such_key', 'no_such_field', 'unknown_variable', 'index_out_of_bounds']);

const environment = new Environment({ unlistedVariablesAreDyn: true });
const parsed = new Map<string, ReturnType<Environment['parse']>>();

function parse(source: string): ReturnType<Environment['parse']> {
  const known = parsed.get(source);
  if (known) return known;
  const expression = environment.parse(source);
  parsed.set(source, expression);
  return expression;
}

function failure(source: string, error: unknown): StepError {
  const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  const code = error instanceof EvaluationError || error instanceof ParseError ? error.code : undefined;
  return {
    code: code !== undefined && MISSING.has(code) ? 'INPUT_MISSING' : 'EXPRESSION_FAILED',
    message: `\${{ ${source} }}: ${why}`,
  };
}

/**
 * Evaluates one expression.
 *
 * @param source - CEL, type-checked when the playbook was compiled.
 * @returns plain JSON; INPUT_MISSING where it reads what is not there, EXPRESSION_FAILED for everything else.
 */
export function evaluate(source: string, scope: Scope): Evaluated {
  try {
    const context = Object.fromEntries(Object.entries(scope).map(([key, value]) => [key, toCel(value as JsonObject)]));
    return { value: fromCel(parse(source)(context)) };
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
  if (typeof template['$cel'] === 'string') return evaluate(template['$cel'], scope);
  if (Array.isArray(template['$text'])) {
    const parts = fillList(template['$text'] as readonly Template[], scope);
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
