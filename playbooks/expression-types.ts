import type { Environment } from '@marcbachmann/cel-js';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import { references } from './validator.ts';

/** CEL type: a name, or fields. */
export type CelType = string | { readonly [field: string]: CelType };

/** A value's type as CEL has it, and its JSON Schema where the value is read as it stands. */
export interface FoundType {
  readonly type: string;
  readonly schema?: JsonObject | undefined;
}

const DATASET_FIELDS = { id: 'string', kind: 'string', count: 'int', digest: 'string' } as const;
/** Types of the language itself: two of a different name never fit each other. */
const NAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Targets: DATASET_FIELDS,
  Credentials: DATASET_FIELDS,
  People: DATASET_FIELDS,
  IsoDuration: {},
  When: { at: 'string', from: 'string', to: 'string', unknown: 'bool' },
};
const DATASETS: Readonly<Record<string, string>> = { credentials: 'Credentials', people: 'People' };
const NAMES: Readonly<Record<string, string>> = {
  Targets: 'a dataset',
  Credentials: 'a dataset of credentials',
  People: 'a dataset of people',
  IsoDuration: 'a duration',
  When: 'an instant, range or unknown',
  string: 'a text',
  int: 'a whole number',
  double: 'a number',
  bool: 'true or false',
  dyn: 'anything',
  null: 'null',
};

/** Declares the language's own types. */
export function registerTypes(environment: Environment): void {
  for (const [name, schema] of Object.entries(NAMED)) environment.registerType({ name, schema } as never);
}

/** What a type is called in a message. */
export function typeWords(type: string): string {
  const list = /^list<(.*)>$/.exec(type)?.[1];
  if (list !== undefined) return list === 'dyn' ? 'a list' : `a list of ${(NAMES[list] ?? list).replace(/^an? /, '')}s`;
  return NAMES[type] ?? (isObjectType(type) ? 'an object' : type);
}

function isObjectType(type: string): boolean {
  return type.startsWith('$') || type.startsWith('map'); // shapes without a name are listed as $path
}

/** CEL type of a JSON Schema; what has no fixed shape is `dyn`. */
export function celType(schema: Json | undefined): CelType {
  if (!isJsonObject(schema)) return 'dyn';
  if (schema.$ref === 'firebreak:dataset') return datasetType(schema.holds);
  if (schema.$ref === 'firebreak:duration') return 'IsoDuration';
  if (schema.$ref === 'firebreak:when') return 'When';
  if (schema.$ref === 'firebreak:fact') return 'string';
  if (Array.isArray(schema.enum)) return schema.enum.every((entry) => typeof entry === 'string') ? 'string' : 'dyn';
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'integer':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'array':
      return listType(schema.items);
    case 'object':
      return isJsonObject(schema.properties) && schema.additionalProperties === false
        ? fieldTypes(schema.properties)
        : 'map<string, dyn>';
    default:
      return 'dyn';
  }
}

function listType(items: Json | undefined): string {
  const inner = celType(items);
  return typeof inner === 'string' ? `list<${inner}>` : 'list<map<string, dyn>>';
}

/** Names that the library can type; any other one is refused by its own rule (step ids, input names) and left out here. */
const TYPABLE = /^[\w-]+$/;

/** CEL types of an object's properties. */
export function fieldTypes(properties: JsonObject): Readonly<Record<string, CelType>> {
  const named = Object.entries(properties).filter(([name]) => TYPABLE.test(name));
  return Object.fromEntries(named.map(([name, schema]) => [name, celType(schema)]));
}

/** Whether every value that was found is one that is wanted. What CEL knows only as `dyn` is looked at when it runs. */
export function fits(wanted: Json | undefined, found: FoundType): boolean {
  if (/^(google\.|bytes|type$|uint|optional|null)/.test(found.type)) return false; // no JSON, or nothing
  if (!isJsonObject(wanted) || found.type === 'dyn') return true;
  const branches = wanted.oneOf ?? wanted.anyOf;
  if (Array.isArray(branches)) return (branches as readonly Json[]).some((branch) => fits(branch, found));
  if (typeof wanted.$ref === 'string') return fitsReference(wanted, found);
  if (Array.isArray(wanted.enum))
    return (
      (found.schema?.enum as readonly Json[] | undefined)?.every((entry) =>
        (wanted.enum as readonly Json[]).includes(entry),
      ) === true
    );
  if (wanted.const !== undefined) return found.schema?.const === wanted.const;
  const isTighter = ['pattern', 'format'].some(
    (key) => wanted[key] !== undefined && found.schema?.[key] !== wanted[key],
  );
  return !isTighter && fitsType(wanted, found.type);
}

function fitsReference({ $ref, holds }: JsonObject, { type, schema }: FoundType): boolean {
  if ($ref === 'firebreak:dataset')
    return type === 'Targets' || (holds === undefined ? DATASET_NAMES.has(type) : type === datasetType(holds));
  return schema?.$ref === $ref;
}

/** Types that are datasets. */
const DATASET_NAMES = new Set(['Targets', 'Credentials', 'People']);

/** Type of a dataset by what it holds; one that says nothing may hold either. */
function datasetType(holds: Json | undefined): string {
  return (typeof holds === 'string' ? DATASETS[holds] : undefined) ?? 'Targets';
}

function fitsType(wanted: JsonObject, type: string): boolean {
  switch (wanted.type) {
    case 'string':
      return type === 'string' || type === 'IsoDuration';
    case 'integer':
      return type === 'int';
    case 'number':
      return type === 'int' || type === 'double';
    case 'boolean':
      return type === 'bool';
    case 'array': {
      const inner = /^list<(.*)>$/.exec(type)?.[1];
      return inner !== undefined && fits(wanted.items, { type: inner });
    }
    case 'object':
      return isObjectType(type);
    default:
      return true;
  }
}

/** What a schema wants, in words. */
export function schemaWords(schema: Json | undefined): string {
  if (!isJsonObject(schema)) return 'anything';
  const branches = schema.oneOf ?? schema.anyOf;
  if (Array.isArray(branches)) return (branches as readonly Json[]).map(schemaWords).join(' or ');
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.map(String).join(', ')}`;
  if (schema.type === 'string' && schema.pattern !== undefined) return 'a name';
  const type = celType(schema);
  return typeof type === 'string' ? typeWords(type) : 'an object';
}

/** A place inside a schema. */
export interface SchemaPlace {
  /** `true` where nothing is known of the value. */
  readonly schema: Json;
  /** Whether the value may be missing though its holder is there. */
  readonly isOptional: boolean;
}

/** The schema of a member. @returns `undefined` where there is none of that name, with the names that there are. */
export function memberOf(holder: Json, key: string): SchemaPlace | { readonly known: readonly string[] } {
  const schema = expanded(holder);
  if (!isJsonObject(schema) || (schema.type === undefined && schema.properties === undefined))
    return { schema: true, isOptional: true };
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  if (Object.hasOwn(properties, key)) {
    const required = Array.isArray(schema.required) && schema.required.includes(key);
    return { schema: properties[key]!, isOptional: !required };
  }
  const isOpen = schema.type === 'object' && schema.additionalProperties !== false;
  if (isOpen)
    return { schema: isJsonObject(schema.additionalProperties) ? schema.additionalProperties : true, isOptional: true };
  return { known: Object.keys(properties) };
}

/** A schema with the language's references put in; of a `when` each bound may be missing. */
function expanded(schema: Json): Json {
  if (!isJsonObject(schema) || typeof schema.$ref !== 'string') return schema;
  if (schema.$ref === 'firebreak:when') return WHEN;
  return references[schema.$ref] ? { additionalProperties: false, ...references[schema.$ref] } : true;
}

const instant: JsonObject = { type: 'string', format: 'date-time' };

const WHEN: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: { at: instant, from: instant, to: instant, unknown: { type: 'boolean' } },
};
