import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { LineCounter, parseDocument, type Document } from 'yaml';
import { CodedError } from '../contracts/errors.ts';
import type { JsonObject } from '../contracts/json.ts';
import { capabilities } from './capabilities.ts';

/** `firebreak.yaml`, checked. Secrets are references until they are read. */
export interface Config {
  readonly database: { readonly url: string; readonly poolSize?: number };
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly keys: { readonly encryption: string; readonly payload: string; readonly signing: string };
  readonly http: { readonly host: string; readonly port: number };
  /** Absolute path of the file of people. */
  readonly people: string;
  readonly oncall: Readonly<Record<string, readonly string[]>>;
  /** Absolute folders of playbooks. */
  readonly playbooks: readonly string[];
  /** File to which journal heads are appended; absolute. */
  readonly anchors?: string;
  readonly metrics?: { readonly host: string; readonly port: number };
  /** By capability. */
  readonly connectors: Readonly<Record<string, JsonObject>>;
}

const reference: JsonObject = { type: 'string', pattern: '^(env|file):.+' };
const port: JsonObject = { type: 'integer', minimum: 0, maximum: 65_535 };

function closed(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: 'object', additionalProperties: false, properties, required: [...required] };
}

/** JSON Schema of the whole file: its own part and each capability's. */
function configSchema(): JsonObject {
  return closed(
    {
      database: closed({ url: reference, poolSize: { type: 'integer', minimum: 2, maximum: 200 } }, ['url']),
      temporal: closed({ address: { type: 'string', minLength: 1 }, namespace: { type: 'string', minLength: 1 } }, [
        'address',
      ]),
      keys: closed({ encryption: reference, payload: reference, signing: reference }, [
        'encryption',
        'payload',
        'signing',
      ]),
      http: closed({ host: { type: 'string' }, port }, ['port']),
      people: { type: 'string', minLength: 1 },
      oncall: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } },
      playbooks: { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
      anchors: { type: 'string', minLength: 1 },
      metrics: closed({ host: { type: 'string' }, port }, ['port']),
      connectors: closed(Object.fromEntries(capabilities.map(({ name, configSchema: schema }) => [name, schema])), []),
    },
    ['database', 'temporal', 'keys', 'http', 'people', 'playbooks', 'connectors'],
  );
}

function faultLines(
  document: Document,
  counter: LineCounter,
  file: string,
  faults: Ajv2020['errors'],
): readonly string[] {
  return (faults ?? []).map(({ instancePath, message, params }) => {
    const path = instancePath.split('/').slice(1);
    const node = document.getIn(path, true) as { range?: readonly number[] } | undefined;
    const { line } = counter.linePos(node?.range?.[0] ?? 0);
    const extra = typeof params.additionalProperty === 'string' ? `: ${params.additionalProperty}` : '';
    return `${file}:${line}: ${path.join('.') || 'the file'} ${message ?? 'is not valid'}${extra}`;
  });
}

/**
 * Reads and checks a configuration; paths in it are relative to its folder.
 *
 * @throws CONFIG_INVALID naming every fault with its line.
 */
export function readConfig(path: string): Config {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CodedError('CONFIG_INVALID', `${path} cannot be read`, { cause });
  }
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const [broken] = document.errors;
  if (broken)
    throw new CodedError(
      'CONFIG_INVALID',
      `${path}:${counter.linePos(broken.pos[0]).line}: ${broken.message.split('\n')[0] ?? ''}`,
    );
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats.default(ajv);
  const value = document.toJS() as Config;
  if (!ajv.validate(configSchema(), value))
    throw new CodedError('CONFIG_INVALID', faultLines(document, counter, path, ajv.errors).join('; '));
  const at = (file: string): string => (isAbsolute(file) ? file : resolve(dirname(path), file));
  return {
    ...value,
    temporal: { ...value.temporal, namespace: value.temporal.namespace ?? 'default' },
    http: { ...value.http, host: value.http.host ?? '127.0.0.1' },
    people: at(value.people),
    oncall: value.oncall ?? {},
    playbooks: value.playbooks.map(at),
    ...(value.anchors === undefined ? {} : { anchors: at(value.anchors) }),
  };
}
