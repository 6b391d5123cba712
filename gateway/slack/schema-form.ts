import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import { plain, type Block } from './blocks.ts';

/** What was entered in a view: block to action to value, as Slack sends it. */
export type ViewValues = Readonly<Record<string, Readonly<Record<string, Entered>>>>;

/** What one field holds. */
export interface Entered {
  readonly type?: string;
  readonly value?: string | null;
  readonly selected_option?: { readonly value: string } | null;
  readonly selected_options?: readonly { readonly value: string }[];
  readonly selected_date_time?: number | null;
}

/** Values that were read, and what is wrong, by block. */
export interface ReadFields {
  readonly values: JsonObject;
  readonly faults: Readonly<Record<string, string>>;
}

const OPTIONS_MAX = 100; // of a menu; a longer list is typed
const TEXT_MAX = 3_000; // characters of a text field
const LINE_MAX = 200; // a text that may be longer gets a field of several lines
const ACTION = 'value';

/** Id of the block of a field. */
export function blockOf(name: string): string {
  return `in:${name}`;
}

/** An input block. */
export function field(
  block: string,
  label: string,
  element: Block,
  { optional = false, hint }: { readonly optional?: boolean; readonly hint?: string } = {},
): Block {
  return {
    type: 'input',
    block_id: block,
    label: plain(label, 140),
    optional,
    element: { action_id: ACTION, ...element },
    ...(hint === undefined ? {} : { hint: plain(hint, 140) }),
  };
}

/** Options of a menu. */
export function options(words: readonly string[]): readonly Block[] {
  return words.slice(0, OPTIONS_MAX).map((word) => ({ text: plain(word), value: word }));
}

function wordsOf(schema: Json | undefined): readonly string[] | undefined {
  const words = isJsonObject(schema) ? schema['enum'] : undefined;
  return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
}

type Kind = 'when' | 'word' | 'words' | 'list' | 'flag' | 'number' | 'text' | 'json';

function kindOf(schema: JsonObject): Kind {
  if (schema['$ref'] === 'firebreak:when') return 'when';
  if (wordsOf(schema)) return wordsOf(schema)!.length <= OPTIONS_MAX ? 'word' : 'text';
  const { type, items } = schema;
  if (type === 'boolean') return 'flag';
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'string') return 'text';
  const words = wordsOf(items);
  if (type === 'array' && words) return words.length <= OPTIONS_MAX ? 'words' : 'list';
  return 'json';
}

function elementOf(schema: JsonObject): { readonly element: Block; readonly hint?: string } {
  const { maxLength } = schema;
  const most = typeof maxLength === 'number' ? Math.min(maxLength, TEXT_MAX) : TEXT_MAX;
  switch (kindOf(schema)) {
    case 'when':
      return { element: { type: 'datetimepicker' }, hint: 'In your own time zone. Leave it empty where nobody knows.' };
    case 'word':
      return { element: { type: 'static_select', options: options(wordsOf(schema)!) } };
    case 'words':
      return { element: { type: 'multi_static_select', options: options(wordsOf(schema['items'])!) } };
    case 'list':
      return { element: { type: 'plain_text_input' }, hint: 'Several, with commas: DE, FR' };
    case 'flag':
      return { element: { type: 'static_select', options: options(['yes', 'no']) } };
    case 'number':
      return { element: { type: 'number_input', is_decimal_allowed: schema['type'] === 'number' } };
    case 'text':
      return {
        element: { type: 'plain_text_input', max_length: most, ...(most > LINE_MAX ? { multiline: true } : {}) },
      };
    case 'json':
      return { element: { type: 'plain_text_input', multiline: true, max_length: TEXT_MAX }, hint: 'As JSON' };
  }
}

/** Fields for the properties of a JSON Schema, in its order. */
export function fieldsFor(properties: JsonObject, required: readonly string[]): readonly Block[] {
  return Object.entries(properties).map(([name, schema]) => {
    const given = isJsonObject(schema) ? schema : {};
    const { element, hint } = elementOf(given);
    const title = typeof given['title'] === 'string' ? given['title'] : name;
    const optional = !required.includes(name) || kindOf(given) === 'when'; // an empty time is said to be unknown
    return field(blockOf(name), title, element, { optional, ...(hint === undefined ? {} : { hint }) });
  });
}

function textOf({ value, selected_option: option }: Entered): string {
  return (value ?? option?.value ?? '').trim();
}

/** One value; `undefined` where nothing was entered; an Error where it is none. */
function valueOf(schema: JsonObject, entered: Entered): Json | undefined | Error {
  const kind = kindOf(schema);
  if (kind === 'when') {
    const at = entered.selected_date_time;
    return at == null ? undefined : { at: new Date(at * 1_000).toISOString() };
  }
  if (kind === 'words') {
    const chosen = entered.selected_options ?? [];
    return chosen.length === 0 ? undefined : chosen.map(({ value }) => value);
  }
  const text = textOf(entered);
  if (text === '') return undefined;
  switch (kind) {
    case 'flag':
      return text === 'yes';
    case 'number':
      return Number.isFinite(Number(text)) ? Number(text) : new Error('That is not a number.');
    case 'list':
      return text
        .split(/[\s,;]+/)
        .filter((word) => word !== '')
        .map((word) => word.toUpperCase());
    case 'json':
      try {
        return JSON.parse(text) as Json;
      } catch {
        return new Error('That is not JSON.');
      }
    case 'word':
    case 'text':
      return text;
  }
}

/**
 * Reads the fields of {@link fieldsFor} back. What was not entered is left out, but a required time becomes `{unknown: true}`.
 *
 * @returns values by property; whether they are good is for the schema to say.
 */
export function readFields(properties: JsonObject, required: readonly string[], entered: ViewValues): ReadFields {
  const values: Record<string, Json> = {};
  const faults: Record<string, string> = {};
  for (const [name, schema] of Object.entries(properties)) {
    const given = isJsonObject(schema) ? schema : {};
    const value = valueOf(given, entered[blockOf(name)]?.[ACTION] ?? {});
    if (value instanceof Error) faults[blockOf(name)] = value.message;
    else if (value !== undefined) values[name] = value;
    else if (required.includes(name) && kindOf(given) === 'when') values[name] = { unknown: true };
  }
  return { values, faults };
}

/** What a field of ours that is no property holds, as text; empty where nothing was entered. */
export function enteredText(entered: ViewValues, block: string): string {
  return textOf(entered[block]?.[ACTION] ?? {});
}

/** The option of a menu that has an action of its own. */
export function pickedOption(entered: ViewValues, block: string, action: string): string {
  return textOf(entered[block]?.[action] ?? {});
}

/** Options chosen in a field of ours. */
export function enteredChoices(entered: ViewValues, block: string): readonly string[] {
  return (entered[block]?.[ACTION]?.selected_options ?? []).map(({ value }) => value);
}
