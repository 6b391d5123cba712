import type { Json, JsonObject } from './json.ts';

/** How many characters of one value are shown where nothing else is said. */
const VALUE_CHARS = 2_000;

/**
 * What a step is given (`with`) as people read it: one `key: value` line each, lists and objects flattened, a dataset by
 * its size, an expression by its source.
 *
 * @param given - evaluated, or as a plan holds it.
 * @param maxChars - of one value; what is cut is counted.
 */
export function givenLines(given: JsonObject, maxChars = VALUE_CHARS): readonly string[] {
  return Object.entries(given).flatMap(([key, value]) => entryLines(key, value, maxChars));
}

function entryLines(key: string, value: Json, maxChars: number): readonly string[] {
  const whole = wholeText(value);
  if (whole !== undefined) return [`${key}: ${cut(whole, maxChars)}`];
  if (Array.isArray(value))
    return value.flatMap((entry: Json, index) => entryLines(`${key}[${index + 1}]`, entry, maxChars));
  const members = Object.entries(value as JsonObject);
  return members.flatMap(([name, member]) => entryLines(`${key}.${name}`, member, maxChars));
}

/** A value that fits one line; `undefined` for one that is shown member by member. */
function wholeText(value: Json): string | undefined {
  if (Array.isArray(value)) {
    const parts = value.map((entry: Json) => (typeof entry === 'object' ? undefined : String(entry)));
    return parts.includes(undefined) ? undefined : parts.join(', ') || 'none';
  }
  if (value === null) return 'none';
  if (typeof value !== 'object') return String(value);
  const { $cel: source, $text: parts, count, kind } = value as JsonObject;
  if (Array.isArray(parts)) return parts.map((part: Json) => (typeof part === 'string' ? part : whole(part))).join('');
  if (typeof source === 'string') return `what \`${source}\` says`;
  if (typeof count === 'number' && typeof kind === 'string') return `${count} ${kind}`;
  return Object.keys(value).length === 0 ? 'none' : undefined;
}

/** An expression inside a text. */
function whole(part: Json): string {
  return wholeText(part) ?? '...';
}

function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)} ... (${text.length - maxChars} more characters)`;
}
