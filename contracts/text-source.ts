/** A text of a playbook library, taken apart: front matter and body. */
export interface TextSource {
  /** Keys of the front matter, as written; values may hold Liquid. */
  readonly meta: Readonly<Record<string, string>>;
  /** The text below the front matter. */
  readonly body: string;
  /** Offset of the body in the source, in UTF-16 units. */
  readonly bodyAt: number;
}

const FRONT_MATTER = /^---\r?\n([\s\S]*?)^---[ \t]*(?:\r?\n|$)/m;
const META_LINE = /^([a-z][a-zA-Z]*):[ \t]*(.*?)[ \t]*$/;

/**
 * Splits a text into front matter and body. Front matter is `key: value` lines between two lines `---` at the very top;
 * it is no YAML: a value ends with its line and is taken as written, without a pair of double quotes around it. A text without front matter is all body.
 *
 * @param source - the whole file; lines that are no `key: value` are left out of `meta`.
 */
export function parseText(source: string): TextSource {
  const match = source.startsWith('---') ? FRONT_MATTER.exec(source) : null;
  if (match?.index !== 0) return { meta: {}, body: source, bodyAt: 0 };
  const lines = match[1]!.split(/\r?\n/).map((line) => META_LINE.exec(line));
  const meta = Object.fromEntries(lines.flatMap((line) => (line ? [[line[1]!, unquoted(line[2]!)]] : [])));
  return { meta, body: source.slice(match[0].length), bodyAt: match[0].length };
}

function unquoted(value: string): string {
  return /^".*"$/.test(value) ? value.slice(1, -1) : value;
}
