import { Liquid, LiquidError } from 'liquidjs';
import { diagnostic, type Diagnostic } from '../diagnostic.ts';

/** A condition under which a stretch of a template is shown. */
export interface Condition {
  /** Path as written, the loop variable replaced by its list: `item.secrets[].dead`. */
  readonly path: string;
  /** False in the `else` of it. */
  readonly isMet: boolean;
}

/** A value that a template prints or asks for. */
export interface TemplateRead {
  readonly path: string;
  readonly offset: number;
  readonly use: 'output' | 'condition' | 'loop';
}

/** A template as lint sees it. */
export interface ReadTemplate {
  /** The source with every tag blanked out: same length, same lines. */
  readonly prose: string;
  readonly reads: readonly TemplateRead[];
  /** Faults of the template itself; with `NOTICE_TEMPLATE_INVALID` the rest is not to be relied on. */
  readonly diagnostics: readonly Diagnostic[];
  /** Conditions in force at an offset, outermost first. */
  conditionsAt(offset: number): readonly Condition[];
  placeOf(offset: number): { readonly file: string; readonly line: number; readonly column: number };
}

interface Frame {
  readonly tag: 'if' | 'for';
  readonly offset: number;
  conditions: readonly Condition[];
  readonly variable?: string;
  readonly list?: string;
}

const TAG = /\{%-?([\s\S]*?)-?%\}|\{\{-?([\s\S]*?)-?\}\}/g;
const PATH = /^[a-zA-Z_][\w-]*(?:\.[a-zA-Z_][\w-]*)*$/;
const FOR = /^([a-zA-Z_]\w*)\s+in\s+(\S+)$/;
/** Only its parser is used here: it knows what Liquid is; what may be used of it is decided below. */
const liquid = new Liquid({ parseLimit: 1e6 });

/** Reads a template: where its prose is, what it reads, and under which conditions each stretch is shown. */
export function readTemplate(source: string, file: string): ReadTemplate {
  const reader = new TemplateReader(source, file);
  reader.run();
  return reader;
}

class TemplateReader implements ReadTemplate {
  readonly diagnostics: Diagnostic[] = [];
  readonly reads: TemplateRead[] = [];
  prose: string;
  readonly #source: string;
  readonly #file: string;
  readonly #frames: Frame[] = [];
  /** Conditions from an offset on, ascending. */
  readonly #stretches: { readonly from: number; readonly conditions: readonly Condition[] }[] = [
    { from: 0, conditions: [] },
  ];

  constructor(source: string, file: string) {
    this.#source = source;
    this.#file = file;
    this.prose = source.replace(TAG, (tag) => tag.replace(/[^\n]/g, ' '));
  }

  run(): void {
    try {
      liquid.parse(this.#source, this.#file);
    } catch (error) {
      const begin = LiquidError.is(error) ? error.token.begin : 0;
      const message = error instanceof Error ? error.message.split('\n')[0]! : String(error);
      this.diagnostics.push(diagnostic('NOTICE_TEMPLATE_INVALID', this.placeOf(begin), message));
      return;
    }
    for (const match of this.#source.matchAll(TAG)) {
      const [whole, tag, output] = match;
      if (output !== undefined) this.#read(output.trim(), match.index, 'output');
      else this.#tag(tag!.trim(), match.index, match.index + whole.length);
    }
  }

  conditionsAt(offset: number): readonly Condition[] {
    return this.#stretches.findLast(({ from }) => from <= offset)?.conditions ?? [];
  }

  placeOf(offset: number): { readonly file: string; readonly line: number; readonly column: number } {
    const lines = this.#source.slice(0, offset).split('\n');
    return { file: this.#file, line: lines.length, column: lines.at(-1)!.length + 1 };
  }

  #tag(tag: string, offset: number, end: number): void {
    const [name, rest] = [/^\w*/.exec(tag)![0], tag.replace(/^\w*\s*/, '')];
    const top = this.#frames.at(-1);
    if (name === 'if') this.#frames.push({ tag: 'if', offset, conditions: [this.#condition(rest, offset)] });
    else if (name === 'for') this.#loop(rest, offset);
    else if (name === 'endif' || name === 'endfor') this.#frames.pop();
    else if (top?.tag === 'if' && (name === 'elsif' || name === 'else')) {
      const before = top.conditions.map((condition) => ({ ...condition, isMet: false }));
      top.conditions = name === 'else' ? before : [...before, this.#condition(rest, offset)];
    } else this.#forbid(`\`${name || tag}\``, offset);
    this.#stretches.push({ from: end, conditions: this.#frames.flatMap(({ conditions }) => conditions) });
  }

  #condition(path: string, offset: number): Condition {
    return { path: this.#read(path, offset, 'condition'), isMet: true };
  }

  #loop(rest: string, offset: number): void {
    const [, variable, list] = FOR.exec(rest) ?? [];
    if (variable === undefined || list === undefined) this.#forbid(`\`for ${rest}\``, offset);
    const path = list === undefined ? '' : this.#read(list, offset, 'loop');
    this.#frames.push({ tag: 'for', offset, conditions: [], variable: variable ?? '', list: path });
  }

  /** Notes a read. @returns its path with loop variables resolved. */
  #read(path: string, offset: number, use: TemplateRead['use']): string {
    if (!PATH.test(path)) {
      this.#forbid(`\`${path}\``, offset);
      return '';
    }
    const [head, ...rest] = path.split('.');
    const loop = this.#frames.findLast(({ variable }) => variable === head);
    const resolved = loop ? [`${loop.list ?? ''}[]`, ...rest].join('.') : path;
    this.reads.push({ path: resolved, offset, use });
    return resolved;
  }

  #forbid(what: string, offset: number): void {
    this.diagnostics.push(diagnostic('TEXT_TAG_FORBIDDEN', this.placeOf(offset), `${what} is not part of it`));
  }
}
