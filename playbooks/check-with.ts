import type { ErrorObject } from 'ajv/dist/2020.js';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import type { CheckedExpression } from './expressions.ts';
import { fits, schemaWords, typeWords } from './expression-types.ts';
import type { Path } from './intake.ts';
import { hasExpression, partsOf, soleExpression } from './scan-expressions.ts';
import { faultsOf, validatorOf } from './validator.ts';

/** Something that is wrong with a value. */
export interface ValueFault {
  readonly code: 'PLAYBOOK_EXPRESSION_TYPE' | 'PLAYBOOK_LITERAL_REQUIRED';
  readonly path: Path;
  readonly message: string;
}

/** Looks an expression up by its source: checked before, `undefined` where it was refused. */
export type LookUp = (source: string) => CheckedExpression | undefined;

/** Faults of what is written out, by a schema; a value given as an expression is left to {@link typeFaults}. */
export function literalFaults(schema: JsonObject, given: JsonObject): readonly ErrorObject[] {
  const validate = validatorOf(schema);
  if (validate(given)) return [];
  return faultsOf(validate).filter(({ instancePath }) => !isExpressionAt(given, instancePath));
}

/** Whether the value at a JSON Pointer is, or lies inside, a text with expressions. */
function isExpressionAt(given: JsonObject, pointer: string): boolean {
  let value: Json | undefined = given;
  for (const part of pointer.split('/').slice(1).map(unescaped)) {
    value = Array.isArray(value) ? (value[Number(part)] as Json) : isJsonObject(value) ? value[part] : undefined;
  }
  return typeof value === 'string' && hasExpression(value);
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** Whether a schema wants a name that lint has to know: a role, a template, a fact, a queue. */
function wantsName(schema: JsonObject): boolean {
  return schema.$ref === 'firebreak:fact' || (schema.type === 'string' && typeof schema.pattern === 'string');
}

/**
 * Checks by type every value that is given as an expression.
 *
 * @param path - where `given` stands; places of faults go on from there.
 */
export function typeFaults(schema: Json | undefined, given: Json, path: Path, lookUp: LookUp): readonly ValueFault[] {
  if (typeof given === 'string') return hasExpression(given) ? textFaults(schema, given, path, lookUp) : [];
  if (Array.isArray(given)) {
    const items = isJsonObject(schema) ? schema.items : undefined;
    return (given as readonly Json[]).flatMap((entry, index) => typeFaults(items, entry, [...path, index], lookUp));
  }
  if (!isJsonObject(given)) return [];
  const { properties, additionalProperties } = isJsonObject(schema) ? schema : {};
  return Object.entries(given).flatMap(([key, member]) => {
    const declared =
      isJsonObject(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    return typeFaults(isJsonObject(declared) ? declared : true, member, [...path, key], lookUp);
  });
}

function textFaults(schema: Json | undefined, given: string, path: Path, lookUp: LookUp): readonly ValueFault[] {
  const key = String(path.at(-1));
  if (isJsonObject(schema) && wantsName(schema))
    return [
      { code: 'PLAYBOOK_LITERAL_REQUIRED', path, message: `\`${key}\` is a name that has to be known beforehand` },
    ];
  const refuse = (message: string): readonly ValueFault[] => [{ code: 'PLAYBOOK_EXPRESSION_TYPE', path, message }];
  const sole = soleExpression(given);
  if (sole !== undefined) {
    const found = lookUp(sole);
    if (!found || fits(schema ?? true, found)) return [];
    return refuse(
      `\`${key}\` takes ${schemaWords(schema)}, but \${{ ${sole.slice(0, 80)} }} gives ${typeWords(found.type)}`,
    );
  }
  if (!fits(schema ?? true, { type: 'string' }))
    return refuse(`\`${key}\` takes ${schemaWords(schema)}, but is a text with expressions in it`);
  return (partsOf(given) ?? []).flatMap((part) => {
    const found = 'cel' in part ? lookUp(part.cel) : undefined;
    return !found || isPrintable(found.type)
      ? []
      : refuse(
          `a part of the text \`${key}\` gives ${typeWords(found.type)}; only texts, numbers and true or false can be put into a text`,
        );
  });
}

function isPrintable(type: string): boolean {
  return ['string', 'int', 'double', 'bool', 'dyn', 'IsoDuration'].includes(type);
}
