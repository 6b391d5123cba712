import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import type { Path } from './intake.ts';
import type { LoadedPlaybook } from './model.ts';
import { createValidator } from './validator.ts';

const LIST_MAX = 1_000; // an expression walks a list once; more belongs into a dataset
const PATTERN_TEXT_MAX = 256; // characters a pattern may be tried on
const REPEATS_MAX = 3; // with that length: at most a few million steps of a backtracking matcher

/** Checks that the inputs' schema is one, is closed, and cannot make whoever checks inputs by it work without end. */
export function checkInputsSchema({ playbook: { inputs }, source }: LoadedPlaybook): readonly Diagnostic[] {
  if (!inputs) return [];
  const found: Diagnostic[] = [];
  const refuse = (path: Path, message: string): void => {
    found.push(diagnostic('PLAYBOOK_INPUTS_SCHEMA_INVALID', source.placeOf(['inputs', ...path]), message));
  };
  if (inputs.type !== 'object' || inputs.additionalProperties !== false)
    refuse([], 'the inputs are an object schema with `additionalProperties: false`');
  walk(inputs, [], refuse);
  if (found.length > 0) return found;
  try {
    createValidator().compile(inputs);
  } catch (error) {
    refuse([], error instanceof Error ? error.message.split('\n')[0]! : 'it cannot be compiled');
  }
  return found;
}

/** Keywords under which the names are the author's. */
const NAMES_BELOW = new Set(['properties', '$defs', 'patternProperties', 'dependentSchemas']);

function walk(schema: Json, path: Path, refuse: (path: Path, message: string) => void): void {
  if (Array.isArray(schema))
    return (schema as readonly Json[]).forEach((member, index) => walk(member, [...path, index], refuse));
  if (!isJsonObject(schema)) return;
  checkBounds(schema, path, refuse);
  for (const [key, member] of Object.entries(schema)) {
    if (['enum', 'const', 'examples'].includes(key)) continue;
    if (!NAMES_BELOW.has(key)) walk(member, [...path, key], refuse);
    else if (isJsonObject(member))
      for (const [name, inner] of Object.entries(member)) walk(inner, [...path, key, name], refuse);
  }
}

function checkBounds(schema: JsonObject, path: Path, refuse: (path: Path, message: string) => void): void {
  const { pattern, maxLength, maxItems } = schema;
  if (schema.default !== undefined)
    refuse(
      [...path, 'default'],
      '`default` fills nothing in; make the input required, or guard its use with `has(...)`',
    );
  if (schema.patternProperties !== undefined)
    refuse([...path, 'patternProperties'], 'keys of inputs are written out under `properties`');
  if (schema.type === 'array' && !(typeof maxItems === 'number' && maxItems <= LIST_MAX))
    refuse(path, `a list needs \`maxItems\`, ${LIST_MAX} at most`);
  if (typeof pattern !== 'string') return;
  if (!(typeof maxLength === 'number' && maxLength <= PATTERN_TEXT_MAX))
    refuse([...path, 'pattern'], `a text with a \`pattern\` needs \`maxLength\`, ${PATTERN_TEXT_MAX} at most`);
  const why = slowness(pattern);
  if (why !== undefined) refuse([...path, 'pattern'], `the pattern ${why}: some texts would take it very long`);
}

/** Why a pattern could take long: what backtracks over what backtracks. */
function slowness(pattern: string): string | undefined {
  const bare = pattern.replace(/\\[^1-9k]/g, 'x').replace(/\[(?:\\.|[^\]\\])*\]/g, 'x');
  if (/\)[*+{]/.test(bare)) return 'repeats a group';
  if (/\\[1-9k]|\(\?(?!:)/.test(bare)) return 'looks back or ahead';
  const repeats = bare.match(/[*+]|\{\d+,\d*\}/g)?.length ?? 0;
  return repeats > REPEATS_MAX ? `repeats more than ${REPEATS_MAX} times` : undefined;
}
