import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';

/** A copy in which no object may have a member that it does not describe: what clients ignore, tests notice. */
function strict(value: Json): Json {
  if (Array.isArray(value)) return value.map((entry: Json) => strict(entry));
  if (!isJsonObject(value)) return value;
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, strict(member)]));
  const isOpen = isJsonObject(value['properties']) && value['type'] === 'object' && value['required'] !== undefined;
  return isOpen && value['additionalProperties'] === undefined ? { ...members, additionalProperties: false } : members;
}

/** An OpenAPI document with validators of its schemas. */
export class ApiDocument {
  readonly document: JsonObject;
  readonly #ajv: Ajv2020;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(document: JsonObject) {
    this.document = document;
    this.#ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false });
    addFormats.default(this.#ajv);
    this.#ajv.addVocabulary(['example', 'x-operation']);
    const { components } = document as { readonly components: JsonObject };
    const schemas = strict(components['schemas'] ?? {});
    this.#ajv.addSchema({ $id: 'firebreak:api', components: { schemas } });
    this.#ajv.addKeyword('components');
  }

  /** The value at a place of the document. */
  at(...path: readonly string[]): Json | undefined {
    let value: Json | undefined = this.document;
    for (const step of path) value = isJsonObject(value) ? value[step] : undefined;
    return value;
  }

  /** Faults of a value by a schema of the document; empty where it fits. */
  faults(schema: Json, value: unknown): readonly string[] {
    const text = JSON.stringify(strict(schema)).replaceAll('"#/components/', '"firebreak:api#/components/');
    const known = this.#validators.get(text) ?? this.#ajv.compile(JSON.parse(text) as JsonObject);
    this.#validators.set(text, known);
    known(value);
    return (known.errors ?? []).map(
      ({ instancePath, message = '', params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }

  /** Every operation: path, method, operation object. */
  operations(): readonly { readonly path: string; readonly method: string; readonly operation: JsonObject }[] {
    return Object.entries(this.at('paths') as JsonObject).flatMap(([path, item]) =>
      Object.entries(item as JsonObject).map(([method, operation]) => ({
        ...{ path, method, operation: operation as JsonObject },
      })),
    );
  }
}
