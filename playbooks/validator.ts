import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { factCatalogue } from '../contracts/facts.ts';
import { DURATION_PATTERN } from '../contracts/duration.ts';
import type { JsonObject } from '../contracts/json.ts';

const INSTANT: JsonObject = { type: 'string', format: 'date-time' };

/** The language's own references, for the schemas of inputs, facts and actions. */
export const references: Readonly<Record<string, JsonObject>> = {
  'firebreak:when': {
    oneOf: [
      { type: 'object', additionalProperties: false, required: ['at'], properties: { at: INSTANT } },
      { type: 'object', additionalProperties: false, required: ['from'], properties: { from: INSTANT, to: INSTANT } },
      { type: 'object', additionalProperties: false, required: ['unknown'], properties: { unknown: { const: true } } },
    ],
  },
  'firebreak:dataset': {
    type: 'object',
    required: ['id', 'kind', 'count', 'digest'],
    properties: {
      id: { type: 'string' },
      kind: { enum: ['credentials', 'people'] },
      count: { type: 'integer' },
      digest: { type: 'string' },
    },
  },
  'firebreak:duration': { type: 'string', pattern: DURATION_PATTERN },
  'firebreak:fact': { enum: Object.keys(factCatalogue) },
  'firebreak:split': {
    type: 'object',
    minProperties: 1,
    maxProperties: 8,
    propertyNames: { pattern: '^[a-z][a-zA-Z0-9]{0,31}$' },
    additionalProperties: { type: 'string' },
  },
};

/** A validator of JSON Schema 2020-12 that knows the language's references and reports every fault at once. */
export function createValidator(): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    validateFormats: true,
    messages: true,
  });
  addFormats.default(ajv, ['date-time', 'date', 'uri', 'email']);
  for (const [id, schema] of Object.entries(references)) ajv.addSchema({ $id: id, ...schema });
  return ajv;
}

/** What a schema fault says, in one sentence. */
export function faultText(error: ErrorObject): string {
  const where = error.instancePath === '' ? 'the value' : error.instancePath.slice(1).replaceAll('/', '.');
  if (error.keyword === 'additionalProperties')
    return `${where} has an unknown key: ${String(error.params.additionalProperty)}`;
  if (error.keyword === 'unevaluatedProperties')
    return `${where} has an unknown key: ${String(error.params.unevaluatedProperty)}`;
  if (error.keyword === 'enum')
    return `${where} is none of: ${(error.params.allowedValues as unknown[]).slice(0, 12).map(String).join(', ')}`;
  return `${where} ${error.message ?? 'is not valid'}`;
}

/** Faults worth showing: `oneOf` and `anyOf` also report each branch, which says the same thing twice. */
export function faultsOf(validate: ValidateFunction): readonly ErrorObject[] {
  const faults = validate.errors ?? [];
  const unions = faults.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf');
  return faults.filter(
    (fault) =>
      !unions.some((union) => fault !== union && fault.schemaPath.startsWith(union.schemaPath)) &&
      fault.keyword !== 'if',
  );
}
