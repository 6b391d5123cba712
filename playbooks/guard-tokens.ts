import { CST, Lexer } from 'yaml';
import type { SourcePlace } from '../contracts/coded-error.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';

const TOKENS_MAX = 8_000; // five times the flagship; a parser's work grows with them
/** Levels of a file. */
export const DEPTH_MAX = 64; // ten times what a playbook needs, far below what a recursive parser's stack bears
const SLACK = 2; // a key and its value count as two columns of one level; the exact depth is taken of the built value

/** What YAML has and the language has no use for: each hides from a reader what a machine sees. */
const FORBIDDEN: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  anchor: ['PLAYBOOK_YAML_ANCHOR', 'an anchor'],
  alias: ['PLAYBOOK_YAML_ALIAS', 'an alias'],
  tag: ['PLAYBOOK_YAML_TAG', 'a tag'],
  'directive-line': ['PLAYBOOK_YAML_DIRECTIVE', 'a directive'],
  'doc-start': ['PLAYBOOK_YAML_DOCUMENTS', 'a document marker'],
  'doc-end': ['PLAYBOOK_YAML_DOCUMENTS', 'a document marker'],
  'explicit-key-ind': ['PLAYBOOK_YAML_KEY_COMPLEX', 'a key that is no plain text'],
};

/** Marks of the lexer itself, without length in the file. */
const MARKS = new Set(['doc-mode', 'flow-error-end', 'scalar']);
const BLANK = new Set(['space', 'newline', 'comment', 'byte-order-mark']);
/** Tokens that may stand before the `:` of a key: a plain text. Empty keys nest without an end in sight. */
const KEYS = new Set(['text', 'single-quoted-scalar', 'double-quoted-scalar']);
/** Tokens whose column says how deep a block is nested. */
const OPENS_LEVEL = new Set([...KEYS, 'seq-item-ind']);

/**
 * Control characters, and those that change the direction of text: a reader would see another file than the machine.
 *
 * @source YAML 1.2.2 section 5.1 (printable characters); Unicode TR 36 section 3 (bidirectional text spoofing)
 */
export const FORBIDDEN_CHARACTER =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u0080-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Finds the first forbidden character. */
function guardCharacters(text: string, file: string): Diagnostic | undefined {
  const at = text.search(FORBIDDEN_CHARACTER);
  if (at < 0) return undefined;
  const before = text.slice(0, at).split('\n');
  const place = { file, line: before.length, column: before.at(-1)!.length + 1 };
  const code = text.codePointAt(at)!.toString(16).toUpperCase().padStart(4, '0');
  return diagnostic('PLAYBOOK_CHARACTER_FORBIDDEN', place, `there is the character U+${code}`);
}

/** How deep a file is nested at each of its tokens: open brackets, and columns of open blocks. */
class Nesting {
  #brackets = 0;
  readonly #columns: number[] = [];

  get depth(): number {
    return this.#brackets + this.#columns.length;
  }

  take(type: string, column: number): void {
    if (type === 'flow-map-start' || type === 'flow-seq-start') this.#brackets += 1;
    else if (type === 'flow-map-end' || type === 'flow-seq-end') this.#brackets -= 1;
    else if (this.#brackets <= 0 && OPENS_LEVEL.has(type)) {
      while (this.#columns.length > 0 && this.#columns.at(-1)! >= column) this.#columns.pop();
      this.#columns.push(column);
    }
  }
}

/**
 * Looks at characters and tokens before anything is built: number, depth, and what the language has no use for.
 *
 * @returns the first thing that is wrong; nothing may be built from a text that has one.
 */
export function guardTokens(text: string, file: string): Diagnostic | undefined {
  const character = guardCharacters(text, file);
  if (character) return character;
  const nesting = new Nesting();
  let [line, column, tokens, before] = [1, 1, 0, ''];
  for (const lexeme of new Lexer().lex(text)) {
    const type = CST.tokenType(lexeme) ?? 'text';
    if (MARKS.has(type)) continue;
    const place: SourcePlace = { file, line, column };
    const forbidden = FORBIDDEN[type];
    if (forbidden && !(type === 'doc-start' && tokens === 0))
      return diagnostic(forbidden[0], place, `there is ${forbidden[1]} (\`${lexeme.trim().slice(0, 20)}\`)`);
    if (type === 'map-value-ind' && !KEYS.has(before))
      return diagnostic('PLAYBOOK_YAML_KEY_COMPLEX', place, 'a key is empty, or no plain text');
    if (!BLANK.has(type)) [tokens, before] = [tokens + 1, type];
    if (tokens > TOKENS_MAX)
      return diagnostic('PLAYBOOK_YAML_TOO_MANY_TOKENS', place, `there are more than ${TOKENS_MAX} tokens`);
    nesting.take(type, column);
    if (nesting.depth > DEPTH_MAX + SLACK)
      return diagnostic('PLAYBOOK_YAML_TOO_DEEP', place, `it is nested deeper than ${DEPTH_MAX} levels`);
    const lastBreak = lexeme.lastIndexOf('\n');
    if (lastBreak >= 0) for (const character of lexeme) line += character === '\n' ? 1 : 0;
    column = lastBreak < 0 ? column + lexeme.length : lexeme.length - lastBreak;
  }
  return undefined;
}
