import { isMap, isNode, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import type { Json } from '../contracts/json.ts';
import { scrubTokens } from '../contracts/token-shapes.ts';
import type { SourcePlace } from '../contracts/coded-error.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import { DEPTH_MAX, FORBIDDEN_CHARACTER, guardTokens } from './guard-tokens.ts';

/** Bytes of a file, playbook or text: more than anybody reads in one sitting. */
export const FILE_MAX_BYTES = 64 * 1024;
const LONE_SURROGATE = /\p{Surrogate}/u;
const FAULTS_MAX = 50; // of one file's YAML; what follows the first few is mostly their echo

/** Steps from the root of a file to a value. */
export type Path = readonly (string | number)[];

/** A YAML file as plain data that knows where each value stands. */
export interface Source {
  readonly file: string;
  readonly value: Json;
  /** Place of the value at a path; of its nearest holder where there is none. */
  placeOf(path: Path): SourcePlace;
  /** Place of a mapping's key; of the mapping where it has no such key. */
  placeOfKey(path: Path, key: string): SourcePlace;
  /** First and last line of the value at a path. */
  linesOf(path: Path): { readonly from: number; readonly to: number };
}

/** A source, or why there is none. */
export interface Intake {
  readonly source?: Source;
  readonly diagnostics: readonly Diagnostic[];
}

function depthOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Object.values(value).reduce((deepest: number, member) => Math.max(deepest, depthOf(member)), 0);
}

class YamlSource implements Source {
  readonly file: string;
  readonly value: Json;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(file: string, document: Document, lines: LineCounter) {
    this.file = file;
    this.value = document.toJS({ maxAliasCount: 0 }) as Json;
    this.#document = document;
    this.#lines = lines;
  }

  placeOf(path: Path): SourcePlace {
    return this.#placeAt(this.#nearest(path)?.[0] ?? 0);
  }

  placeOfKey(path: Path, key: string): SourcePlace {
    const holder = this.#nodeAt(path);
    const pair = isMap(holder)
      ? holder.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    return isNode(pair?.key) && pair.key.range ? this.#placeAt(pair.key.range[0]) : this.placeOf(path);
  }

  linesOf(path: Path): { readonly from: number; readonly to: number } {
    const range = this.#nearest(path);
    if (!range) return { from: 1, to: 1 };
    return { from: this.#placeAt(range[0]).line, to: this.#placeAt(Math.max(range[0], range[1] - 1)).line };
  }

  #nodeAt(path: Path): unknown {
    return path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
  }

  #nearest(path: Path): readonly [number, number, number] | undefined {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = this.#nodeAt(path.slice(0, length));
      if (isNode(node) && node.range) return node.range;
    }
    return undefined;
  }

  #placeAt(offset: number): SourcePlace {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }
}

/** What is wrong with a text once its escapes are read: `"\\u202e"` hides as well as the character itself. */
function textOddity(value: string, place: SourcePlace): readonly Diagnostic[] {
  const hidden = FORBIDDEN_CHARACTER.exec(value)?.[0];
  if (hidden !== undefined || LONE_SURROGATE.test(value)) {
    const code = hidden?.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
    const what = code === undefined ? 'half of a character' : `the character U+${code}`;
    return [diagnostic('PLAYBOOK_CHARACTER_FORBIDDEN', place, `an escape stands for ${what}`)];
  }
  if (scrubTokens(value) === value) return [];
  return [diagnostic('PLAYBOOK_SECRET_IN_FILE', place, 'a text is shaped like a credential')];
}

/**
 * Keys that stand twice or are no plain text; numbers that JSON cannot hold, or cannot hold exactly; hidden characters and
 * credentials.
 */
function oddities(text: string, document: Document, placeAt: (offset: number) => SourcePlace): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  // Without an escape a text says what stands in the file, and the file is quicker to look through as a whole.
  const isSuspect = text.includes('\\') || scrubTokens(text) !== text;
  visit(document, {
    Scalar: (_, { value, source, range }) => {
      if (isSuspect && typeof value === 'string') found.push(...textOddity(value, placeAt(range?.[0] ?? 0)));
      const isOdd =
        typeof value === 'bigint' ||
        (typeof value === 'number' &&
          (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))));
      if (isOdd)
        found.push(
          diagnostic(
            'PLAYBOOK_YAML_NUMBER',
            placeAt(range?.[0] ?? 0),
            `\`${(source ?? '').slice(0, 40)}\` cannot be held exactly`,
          ),
        );
    },
    Map: (_, { items }) => {
      const seen = new Set<string>();
      for (const { key } of items) {
        const place = placeAt(isNode(key) ? (key.range?.[0] ?? 0) : 0);
        if (!isScalar(key) || typeof key.value !== 'string')
          found.push(diagnostic('PLAYBOOK_YAML_KEY_COMPLEX', place, 'a key is no plain text'));
        else if (seen.has(key.value))
          found.push(
            diagnostic(
              'PLAYBOOK_KEY_DUPLICATE',
              place,
              `the key \`${key.value.slice(0, 60)}\` stands twice in one mapping`,
            ),
          );
        else seen.add(key.value);
      }
    },
  });
  return found;
}

/**
 * Reads a YAML text, guarded: at most 64 KiB, 8,000 tokens and 64 levels; no anchors, aliases, tags, directives or second
 * documents; no duplicate keys. Nothing is built before the tokens have passed.
 *
 * @param file - name shown in diagnostics.
 */
export function readSource(text: string, file: string): Intake {
  const start = { file, line: 1, column: 1 };
  if (Buffer.byteLength(text) > FILE_MAX_BYTES)
    return {
      diagnostics: [diagnostic('PLAYBOOK_FILE_TOO_LARGE', start, `it has more than ${FILE_MAX_BYTES / 1024} KiB`)],
    };
  const refused = guardTokens(text, file);
  if (refused) return { diagnostics: [refused] };
  const lines = new LineCounter();
  const placeAt = (offset: number): SourcePlace => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false, // looked for below: the library compares each key with every other
    schema: 'core',
    strict: true,
    logLevel: 'silent',
    prettyErrors: false, // places are taken from offsets, below
  });
  if (document.errors.length > 0) {
    const faults = document.errors
      .slice(0, FAULTS_MAX)
      .map(({ pos, message }) => diagnostic('PLAYBOOK_YAML_INVALID', placeAt(pos[0]), message.split('\n')[0]!));
    return { diagnostics: faults };
  }
  const odd = oddities(text, document, placeAt);
  if (odd.length > 0) return { diagnostics: odd.slice(0, FAULTS_MAX) };
  const source = new YamlSource(file, document, lines);
  if (depthOf(source.value) > DEPTH_MAX)
    return {
      diagnostics: [diagnostic('PLAYBOOK_YAML_TOO_DEEP', start, `it is nested deeper than ${DEPTH_MAX} levels`)],
    };
  return { source, diagnostics: [] };
}
