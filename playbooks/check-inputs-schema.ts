import { factCatalogue } from '../contracts/facts.ts';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import { celType, fits, schemaWords } from './expression-types.ts';
import type { Path } from './intake.ts';
import type { LoadedPlaybook } from './model.ts';
import { validatorOf } from './validator.ts';

const SCHEMAS_MAX = 200; // inputs are asked of a person; and the validator's work grows with them
const LIST_MAX = 1_000; // an expression walks a list once; more belongs into a dataset
const PATTERN_TEXT_MAX = 256; // characters a pattern may be tried on
const REPEATS_MAX = 3; // with that length: at most a few million steps of a backtracking matcher

const checked = new WeakMap<LoadedPlaybook, readonly Diagnostic[]>();

/** Checks that the inputs' schema is one, is closed, and cannot make whoever checks inputs by it work without end. */
export function checkInputsSchema(loaded: LoadedPlaybook): readonly Diagnostic[] {
  let found = checked.get(loaded);
  if (!found) checked.set(loaded, (found = inputsFaults(loaded)));
  return found;
}

function inputsFaults({ playbook: { inputs }, source }: LoadedPlaybook): readonly Diagnostic[] {
  if (!inputs) return [];
  const found: Diagnostic[] = [];
  const refuse = (path: Path, message: string): void => {
    found.push(diagnostic('PLAYBOOK_INPUTS_SCHEMA_INVALID', source.placeOf(['inputs', ...path]), message));
  };
  if (inputs.type !== 'object' || inputs.additionalProperties !== false)
    refuse([], 'the inputs are an object schema with `additionalProperties: false`');
  const schemas = walk(inputs, [], refuse);
  if (schemas > SCHEMAS_MAX) refuse([], `they have ${schemas} parts; ${SCHEMAS_MAX} at most`);
  checkFactInputs(inputs, refuse);
  if (found.length > 0) return found;
  try {
    validatorOf(inputs);
  } catch (error) {
    refuse([], compileFault(error));
  }
  return found;
}

/** An input that is named like a fact becomes one when the incident starts, so it has the fact's type; `detected` becomes `detectedAt`. */
function checkFactInputs({ properties }: JsonObject, refuse: (path: Path, message: string) => void): void {
  const facts: Readonly<Record<string, { readonly schema: JsonObject }>> = {
    ...factCatalogue,
    detected: factCatalogue.detectedAt,
  };
  for (const [name, schema] of Object.entries(isJsonObject(properties) ? properties : {})) {
    const fact = Object.hasOwn(facts, name) ? facts[name] : undefined;
    const type = celType(schema);
    if (
      fact &&
      !fits(fact.schema, {
        type: typeof type === 'string' ? type : 'map',
        schema: isJsonObject(schema) ? schema : undefined,
      })
    )
      refuse(['properties', name], `\`${name}\` becomes a fact and has to be ${schemaWords(fact.schema)}`);
  }
}

/** The validator's words, an unknown keyword in ours: mostly it is the rest of a text that holds a comma. */
function compileFault(error: unknown): string {
  const [line = ''] = error instanceof Error ? error.message.split('\n') : [];
  const keyword = /unknown keyword: "(.*)"/.exec(line)?.[1];
  if (keyword === undefined) return line || 'it cannot be compiled';
  return `there is no keyword \`${keyword}\`; inside braces a comma ends a text, so quote one that holds commas`;
}

/** Keywords under which the names are the author's. */
const NAMES_BELOW = new Set(['properties', '$defs', 'patternProperties', 'dependentSchemas']);

/** Visits every schema inside a schema. @returns how many there are. */
function walk(schema: Json, path: Path, refuse: (path: Path, message: string) => void): number {
  const inside = (members: Iterable<readonly [string | number, Json]>, at: Path): number =>
    [...members].reduce((sum, [key, member]) => sum + walk(member, [...at, key], refuse), 0);
  if (Array.isArray(schema)) return inside((schema as readonly Json[]).entries(), path);
  if (!isJsonObject(schema)) return 0;
  checkBounds(schema, path, refuse);
  return Object.entries(schema).reduce((sum, [key, member]) => {
    if (['enum', 'const', 'examples', 'required'].includes(key)) return sum;
    const isNaming = NAMES_BELOW.has(key) && isJsonObject(member);
    return sum + (isNaming ? inside(Object.entries(member), [...path, key]) : walk(member, [...path, key], refuse));
  }, 1);
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
