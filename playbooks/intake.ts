import { CST, isMap, isNode, Lexer, LineCounter, parseDocument, type Document } from 'yaml';
import type { Json } from '../contracts/json.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';

const FILE_MAX_BYTES = 64 * 1024;
const TOKENS_MAX = 8_000;
const DEPTH_MAX = 64;

/** A YAML file as plain data that knows where each value stands. */
export interface Source {
  readonly file: string;
  readonly value: Json;
  /** Place of the value at a path; of its nearest holder where there is none. */
  placeOf(path: readonly (string | number)[]): {
    readonly file: string;
    readonly line: number;
    readonly column: number;
  };
  /** Place of a mapping's key. */
  placeOfKey(
    path: readonly (string | number)[],
    key: string,
  ): { readonly file: string; readonly line: number; readonly column: number };
}

const FORBIDDEN: Partial<Record<string, readonly [ErrorCode, string]>> = {
  anchor: ['PLAYBOOK_YAML_ANCHOR', 'an anchor'],
  alias: ['PLAYBOOK_YAML_ALIAS', 'an alias'],
  tag: ['PLAYBOOK_YAML_TAG', 'a tag'],
  'directive-line': ['PLAYBOOK_YAML_DIRECTIVE', 'a directive'],
  'doc-start': ['PLAYBOOK_YAML_DOCUMENTS', 'a document marker'],
  'doc-end': ['PLAYBOOK_YAML_DOCUMENTS', 'a document marker'],
};

/** Looks at tokens before anything is built: size, number, depth, and what the language has no use for. */
function guardTokens(text: string, file: string): Diagnostic | undefined {
  let [line, column, tokens, flowDepth, itemRun] = [1, 1, 0, 0, 0];
  for (const lexeme of new Lexer().lex(text)) {
    const type = CST.tokenType(lexeme);
    const place = { file, line, column };
    const forbidden = FORBIDDEN[type ?? ''];
    if (forbidden && !(type === 'doc-start' && tokens === 0))
      return diagnostic(forbidden[0], place, `there is ${forbidden[1]} (${lexeme.trim().slice(0, 20)})`);
    if (!['space', 'newline', 'comment', 'doc-mode'].includes(type ?? '')) tokens += 1;
    if (tokens > TOKENS_MAX)
      return diagnostic('PLAYBOOK_YAML_TOO_MANY_TOKENS', place, `there are more than ${TOKENS_MAX} tokens`);
    if (type === 'flow-map-start' || type === 'flow-seq-start') flowDepth += 1;
    if (type === 'flow-map-end' || type === 'flow-seq-end') flowDepth -= 1;
    itemRun = type === 'seq-item-ind' || type === 'explicit-key-ind' ? itemRun + 1 : type === 'space' ? itemRun : 0;
    if (flowDepth > DEPTH_MAX || itemRun > DEPTH_MAX)
      return diagnostic('PLAYBOOK_YAML_TOO_DEEP', place, `it is nested deeper than ${DEPTH_MAX}`);
    const lines = lexeme.split('\n');
    line += lines.length - 1;
    if (lexeme !== '\u0002' && lexeme !== '\u001f')
      column = lines.length > 1 ? lines.at(-1)!.length + 1 : column + lexeme.length;
  }
  return undefined;
}

function depthOf(value: Json, depth = 0): number {
  if (depth > DEPTH_MAX || typeof value !== 'object' || value === null) return depth;
  return Math.max(depth, ...Object.values(value).map((member) => depthOf(member as Json, depth + 1)));
}

function placesOf(document: Document, counter: LineCounter, file: string): Pick<Source, 'placeOf' | 'placeOfKey'> {
  const placeAt = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const placeOf: Source['placeOf'] = (path) => {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return placeAt(node.range[0]);
    }
    return { file, line: 1, column: 1 };
  };
  const placeOfKey: Source['placeOfKey'] = (path, key) => {
    const holder = path.length === 0 ? document.contents : document.getIn(path, true);
    const pair = isMap(holder) ? holder.items.find((item) => isNode(item.key) && String(item.key) === key) : undefined;
    return pair && isNode(pair.key) && pair.key.range ? placeAt(pair.key.range[0]) : placeOf(path);
  };
  return { placeOf, placeOfKey };
}

/**
 * Reads a YAML text, guarded: at most 64 KiB, 8,000 tokens and 64 levels; no anchors, aliases, tags, directives or second
 * documents; no duplicate keys. Nothing is built before the tokens have passed.
 */
export function readSource(
  text: string,
  file: string,
): { readonly source?: Source; readonly diagnostics: readonly Diagnostic[] } {
  const start = { file, line: 1, column: 1 };
  const refuse = (found: Diagnostic) => ({ diagnostics: [found] });
  if (Buffer.byteLength(text) > FILE_MAX_BYTES)
    return refuse(diagnostic('PLAYBOOK_FILE_TOO_LARGE', start, `it has more than ${FILE_MAX_BYTES / 1024} KiB`));
  const refused = guardTokens(text, file);
  if (refused) return refuse(refused);
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    uniqueKeys: true,
    schema: 'core',
    strict: true,
    logLevel: 'silent',
  });
  if (document.errors.length > 0) {
    return {
      diagnostics: document.errors.map((error) => {
        const { line, col } = counter.linePos(error.pos[0]);
        const code = error.code === 'DUPLICATE_KEY' ? 'PLAYBOOK_KEY_DUPLICATE' : 'PLAYBOOK_YAML_INVALID';
        return diagnostic(code, { file, line, column: col }, error.message.split('\n')[0]!.replace(/ at line.*$/, ''));
      }),
    };
  }
  const value = document.toJS({ maxAliasCount: 0 }) as Json;
  if (depthOf(value) > DEPTH_MAX)
    return refuse(diagnostic('PLAYBOOK_YAML_TOO_DEEP', start, `it is nested deeper than ${DEPTH_MAX}`));
  return { source: { file, value, ...placesOf(document, counter, file) }, diagnostics: [] };
}
