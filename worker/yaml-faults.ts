import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { isMap, LineCounter, parseDocument, type Document } from 'yaml';
import type { JsonObject } from '../contracts/json.ts';

/** A YAML file against its schema: what it says, or everything that is wrong with it. */
export interface CheckedYaml {
  /** The content; to be used only where `faults` is empty. */
  readonly value: unknown;
  /** `file:line: member: what is wrong`, by line. */
  readonly faults: readonly string[];
}

/** Errors of the alternatives that a `oneOf` did not mean: those whose discriminating `use` is another one. */
function withoutOtherAlternatives(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const branchOf = ({ schemaPath }: ErrorObject): string | undefined => /^.*\/oneOf\/\d+/.exec(schemaPath)?.[0];
  const others = new Set(errors.filter(({ keyword }) => keyword === 'const').map(branchOf));
  const meant = errors.filter((error) => branchOf(error) === undefined || !others.has(branchOf(error)));
  const hasDetail = meant.some((error) => branchOf(error) !== undefined);
  return meant.filter(({ keyword }) => keyword !== 'oneOf' || !hasDetail);
}

/** Possible values of `use`, where none of the alternatives fits. */
function alternatives(errors: readonly ErrorObject[], instancePath: string): string {
  const uses = errors
    .filter(({ keyword, instancePath: at }) => keyword === 'const' && at === `${instancePath}/use`)
    .map(({ params }) => String(params['allowedValue']));
  return uses.length === 0 ? '' : `, \`use\` is one of ${uses.join(', ')}`;
}

function lineOf(document: Document, counter: LineCounter, path: readonly string[], key: string | undefined): number {
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = key !== undefined && isMap(node) ? node.items.find((item) => String(item.key) === key) : undefined;
  const { range } = (pair?.key ?? node ?? {}) as { readonly range?: readonly number[] };
  return counter.linePos(range?.[0] ?? 0).line;
}

function describe(error: ErrorObject, all: readonly ErrorObject[]): string {
  const { keyword, params, message = 'is not valid', instancePath } = error;
  if (keyword === 'additionalProperties') return `has no member \`${String(params['additionalProperty'])}\``;
  if (keyword === 'required') return `lacks \`${String(params['missingProperty'])}\``;
  if (keyword === 'oneOf') return `is none of what is possible${alternatives(all, instancePath)}`;
  return message;
}

/** What a YAML text says, unchecked; `undefined` where it is no YAML. */
export function readYaml(text: string): unknown {
  const document = parseDocument(text);
  return document.errors.length > 0 ? undefined : document.toJS();
}

/**
 * Checks a YAML text against a JSON Schema 2020-12 and finds the line of each fault, all at once.
 *
 * @param file - name for the messages.
 */
export function checkYaml(text: string, file: string, schema: JsonObject): CheckedYaml {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  if (document.errors.length > 0) {
    const faults = document.errors.map(
      ({ pos, message }) => `${file}:${counter.linePos(pos[0]).line}: ${message.split('\n')[0] ?? ''}`,
    );
    return { value: undefined, faults };
  }
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  addFormats.default(ajv);
  const value: unknown = document.toJS();
  if (ajv.validate(schema, value)) return { value, faults: [] };
  const errors = ajv.errors ?? [];
  const found = withoutOtherAlternatives(errors).map((error) => {
    const path = error.instancePath.split('/').slice(1);
    const line = lineOf(document, counter, path, error.params['additionalProperty'] as string | undefined);
    return { line, text: `${file}:${line}: ${path.join('.') || 'the file'} ${describe(error, errors)}` };
  });
  return { value, faults: found.sort((one, other) => one.line - other.line).map((fault) => fault.text) };
}
