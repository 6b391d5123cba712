import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { factCatalogue } from '../contracts/facts.ts';
import { DURATION_PATTERN } from '../contracts/duration-text.ts';
import { INSTANT_PATTERN } from '../contracts/instant-text.ts';
import { isJsonObject, type JsonObject } from '../contracts/json.ts';
import { nearest } from './nearest.ts';

const INSTANT: JsonObject = { type: 'string', format: 'date-time', pattern: INSTANT_PATTERN };
const SHOWN_MAX = 12; // allowed values in a message; a longer list is no help

/** The language's own references, for the schemas of inputs, facts and actions. */
export const references: Readonly<Record<string, JsonObject>> = {
  'firebreak:when': {
    description: 'an instant `{at}`, a range `{from, to}`, or `{unknown: true}`',
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
  'firebreak:listing': {
    type: 'object',
    description: 'a source of credentials and what to take from it: {source, where}',
    additionalProperties: false,
    required: ['source'],
    properties: {
      source: { type: 'string', pattern: '^[a-z][a-zA-Z0-9-]{0,63}$' },
      where: { type: 'object', maxProperties: 8, additionalProperties: { type: 'string', maxLength: 200 } },
    },
  },
  'firebreak:duration': {
    type: 'string',
    description: 'an ISO 8601 duration longer than nothing, such as PT15M or P30D',
    pattern: `^(?=.*[1-9])${DURATION_PATTERN.slice(1)}`,
  },
  'firebreak:fact': { enum: Object.keys(factCatalogue) },
  'firebreak:split': {
    type: 'object',
    minProperties: 1,
    maxProperties: 8,
    propertyNames: {
      description: 'a name of letters and digits, and none of dataset, rest, count',
      pattern: '^(?!(?:dataset|rest|count)$)[a-z][a-zA-Z0-9]{0,31}$',
    },
    additionalProperties: { type: 'string' },
  },
};

/** A validator of JSON Schema 2020-12 that knows the language's references and reports every fault at once. */
export function createValidator(): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true, // messages name what the schema at hand allows
    strict: true,
    strictRequired: false,
    strictTypes: false,
    validateFormats: true,
    messages: true,
  });
  addFormats.default(ajv, ['date-time', 'date', 'uri', 'email']);
  ajv.addKeyword({ keyword: 'holds', schemaType: 'string' }); // what a dataset holds; the types of expressions read it
  for (const [id, schema] of Object.entries(references)) ajv.addSchema({ $id: id, ...schema });
  return ajv;
}

const shared = createValidator();
const compiled = new WeakMap<JsonObject, ValidateFunction>();

/**
 * The validator of a schema, compiled once for as long as the schema lives.
 *
 * @throws Error where it is no JSON Schema, or refers to what is not there.
 */
export function validatorOf(schema: JsonObject): ValidateFunction {
  const known = compiled.get(schema);
  if (known) return known;
  try {
    const validate = shared.compile(schema);
    compiled.set(schema, validate);
    return validate;
  } finally {
    shared.removeSchema(schema); // else it would be kept for ever, and its `$id` with it
  }
}

/** What is wrong, given the fault's parameters and the schema it stands in. */
type Phrase = (parameters: Readonly<Record<string, unknown>>, schema: JsonObject) => string;

const unknownKey = (key: unknown, { properties }: JsonObject): string =>
  `has an unknown key \`${String(key).slice(0, 60)}\`${nearest(String(key), Object.keys(isJsonObject(properties) ? properties : {}))}`;

const PHRASES: Readonly<Record<string, Phrase>> = {
  additionalProperties: ({ additionalProperty }, schema) => unknownKey(additionalProperty, schema),
  unevaluatedProperties: ({ unevaluatedProperty }, schema) => unknownKey(unevaluatedProperty, schema),
  required: ({ missingProperty }) => `lacks \`${String(missingProperty)}\``,
  type: ({ type }) =>
    `has to be ${{ object: 'an object', array: 'a list', string: 'a text', integer: 'a whole number', boolean: 'true or false' }[String(type)] ?? `a ${String(type)}`}`,
  const: ({ allowedValue }) => `has to be \`${String(allowedValue)}\``,
  minItems: ({ limit }) => `needs at least ${String(limit)} entries`,
  maxItems: ({ limit }) => `has more than ${String(limit)} entries`,
  uniqueItems: () => 'names something twice',
  minLength: ({ limit }) => (limit === 1 ? 'is empty' : `is shorter than ${String(limit)} characters`),
  maxLength: ({ limit }) => `is longer than ${String(limit)} characters`,
  minimum: ({ limit }) => `is less than ${String(limit)}`,
  maximum: ({ limit }) => `is more than ${String(limit)}`,
  exclusiveMinimum: ({ limit }) => `has to be more than ${String(limit)}`,
  pattern: ({ pattern }, { description }) =>
    `has to be ${typeof description === 'string' ? description : `of the form ${String(pattern)}`}`,
  oneOf: (_, { description }) =>
    typeof description === 'string' ? `has to be ${description}` : 'fits none, or more than one, of its forms',
};

/** What a schema fault says, in one sentence. */
export function faultText(error: ErrorObject): string {
  const where = error.instancePath === '' ? 'it' : `\`${error.instancePath.slice(1).replaceAll('/', '.')}\``;
  const schema = isJsonObject(error.parentSchema) ? error.parentSchema : {};
  if (error.keyword === 'enum') {
    const allowed = (error.params.allowedValues as unknown[]).map(String);
    const given = typeof error.data === 'string' ? error.data : '';
    const shown = allowed.length > SHOWN_MAX ? `${allowed.slice(0, SHOWN_MAX).join(', ')} ...` : allowed.join(', ');
    return `${where} is none of ${shown}${nearest(given, allowed)}`;
  }
  const phrase = PHRASES[error.keyword];
  return `${where} ${phrase ? phrase(error.params, schema) : (error.message ?? 'is not valid')}`;
}

/** Faults worth showing: `oneOf` and `anyOf` also report each branch, and `propertyNames` each key, which says the same thing twice. */
export function faultsOf(validate: ValidateFunction): readonly ErrorObject[] {
  const faults = validate.errors ?? [];
  const unions = new Map<string, readonly string[]>(); // schema paths of unions that do not fit, by place
  for (const { keyword, instancePath, schemaPath } of faults)
    if (keyword === 'oneOf' || keyword === 'anyOf')
      unions.set(instancePath, [...(unions.get(instancePath) ?? []), schemaPath]);
  const isEcho = ({ instancePath, schemaPath }: ErrorObject): boolean =>
    holdersOf(instancePath).some((place) => unions.get(place)?.some((union) => schemaPath.startsWith(`${union}/`)));
  return faults.filter((fault) => !['if', 'propertyNames'].includes(fault.keyword) && !isEcho(fault));
}

/** A place and every place that it lies in. */
function holdersOf(pointer: string): readonly string[] {
  const parts = pointer.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
