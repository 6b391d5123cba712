import { Environment } from '@marcbachmann/cel-js';
import { CodedError } from '../../../contracts/errors.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import type { Json, JsonObject } from '../../../contracts/json.ts';

/** Sorts credentials into the parts of a `split`. */
export interface Sorter {
  /** Names of the parts, in the order in which they are asked. */
  readonly parts: readonly string[];
  /** The first part whose expression is true for a credential's attributes, else `rest`. @throws CREDENTIALS_SPLIT_INVALID */
  partOf(attributes: JsonObject): string;
}

/**
 * Reads a `split`: part name to a CEL expression over `item`.
 *
 * @param step - step id, for messages.
 * @param split - `{part: source}`, or a list of `{part, when}` where the order of parts matters; a source may stand as
 *   text, as `${{ text }}` or as the plan's `{"$cel": text}`.
 * @throws CREDENTIALS_SPLIT_INVALID for an expression that cannot be parsed.
 */
export function sorterOf(step: string, split: Json): Sorter {
  const environment = new Environment().registerVariable('item', 'dyn');
  const rules = rulesOf(split).map(({ part, source }) => {
    try {
      return { part, isTrue: environment.parse(source) };
    } catch {
      throw new CodedError('CREDENTIALS_SPLIT_INVALID', `${step}: the expression of part "${part}" cannot be parsed`);
    }
  });
  return {
    parts: rules.map(({ part }) => part),
    partOf: (item) => rules.find(({ part, isTrue }) => answerOf(step, part, () => isTrue({ item })))?.part ?? 'rest',
  };
}

function answerOf(step: string, part: string, ask: () => unknown): boolean {
  let answer: unknown;
  try {
    answer = ask();
  } catch {
    answer = undefined; // a missing attribute, or operands that do not compare
  }
  if (typeof answer === 'boolean') return answer;
  throw new CodedError('CREDENTIALS_SPLIT_INVALID', `${step}: the expression of part "${part}" gave no boolean`);
}

function rulesOf(split: Json): readonly { readonly part: string; readonly source: string }[] {
  if (Array.isArray(split)) {
    return split
      .filter(isJsonObject)
      .map(({ part, when }) => ({ part: typeof part === 'string' ? part : '', source: sourceOf(when) }));
  }
  return Object.entries(isJsonObject(split) ? split : {}).map(([part, source]) => ({ part, source: sourceOf(source) }));
}

function sourceOf(expression: Json | undefined): string {
  const source = isJsonObject(expression) ? expression['$cel'] : expression;
  if (typeof source !== 'string') return '';
  return /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(source)?.[1]?.trim() ?? source;
}
