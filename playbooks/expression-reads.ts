import type { ASTNode } from '@marcbachmann/cel-js';

/** A value that an expression reads: `['steps', 'scope', 'dataset']`. */
export type ReadPath = readonly string[];

/** One read, and which paths are known to be there where it stands. */
export interface Read {
  readonly path: ReadPath;
  /** Keys (see {@link pathKey}) of paths that a `has(...)` in force has asked for. */
  readonly guards: ReadonlySet<string>;
  /** Asked for by `has(...)`, not read. */
  readonly isAsked: boolean;
  /** Reckoned with as it stands. */
  readonly isOperand: boolean;
}

/** What an expression reads, and what it uses that the language leaves out. */
export interface ExpressionReads {
  readonly reads: readonly Read[];
  readonly forbidden: string | undefined;
  /** Paths that are there whenever the expression is true. */
  readonly guarantees: ReadonlySet<string>;
}

/** Calls that are quick, whatever they are given, and mean the same everywhere. */
const CALLS = new Set([
  ...['has', 'size', 'int', 'double', 'string', 'bool', 'timestamp', 'duration'],
  ...['contains', 'startsWith', 'endsWith', 'lowerAscii', 'upperAscii', 'trim', 'indexOf', 'lastIndexOf', 'substring'],
  ...['getFullYear', 'getMonth', 'getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear'],
  ...['getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'],
]);
const COMPREHENSIONS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
/** Calls of the library that can take time without bound: measured 10 s for 29 characters (`matches`). */
const UNBOUNDED = new Set(['matches', 'split', 'join', 'json', 'hex', 'base64']);
const NOTHING: ReadonlySet<string> = new Set();

const ARITHMETIC = new Set(['+', '-', '*', '/', '%', '-_']);

/** Text by which paths are compared. */
export function pathKey(path: ReadPath): string {
  return path.join('\u0000');
}

/** The path that a node names, if it is one: names with dots, or texts in brackets. */
function pathOf(node: ASTNode): ReadPath | undefined {
  if (node.op === 'id') return [node.args];
  if (node.op === '.') {
    const holder = pathOf(node.args[0]);
    return holder && [...holder, node.args[1]];
  }
  if (node.op === '[]') {
    const [holder, index] = node.args;
    if (index.op !== 'value' || typeof index.args !== 'string') return undefined;
    const path = pathOf(holder);
    return path && [...path, index.args];
  }
  return undefined;
}

/** Path in `has(path)`. */
function askedPath(node: ASTNode): ReadPath | undefined {
  return node.op === 'call' && node.args[0] === 'has' && node.args[1].length === 1
    ? pathOf(node.args[1][0]!)
    : undefined;
}

function union(...sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const full = sets.filter((set) => set.size > 0);
  return full.length <= 1 ? (full[0] ?? NOTHING) : new Set(full.flatMap((set) => [...set]));
}

/** What is there where a node is true. */
function whenTrue(node: ASTNode): ReadonlySet<string> {
  const asked = askedPath(node);
  if (asked) return new Set(asked.map((_, index) => pathKey(asked.slice(0, index + 1))));
  if (node.op === '&&') return union(whenTrue(node.args[0]), whenTrue(node.args[1]));
  return node.op === '!_' ? whenFalse(node.args) : NOTHING;
}

/** What is there where a node is false. */
function whenFalse(node: ASTNode): ReadonlySet<string> {
  if (node.op === '||') return union(whenFalse(node.args[0]), whenFalse(node.args[1]));
  return node.op === '!_' ? whenTrue(node.args) : NOTHING;
}

class Walk {
  readonly reads: Read[] = [];
  forbidden: string | undefined;
  #comprehensions = 0;

  visit(node: ASTNode, guards: ReadonlySet<string>, bound: ReadonlySet<string>): void {
    const path = pathOf(node);
    if (path) return this.#note(path, guards, bound);
    if (node.op === '&&' || node.op === '||') {
      const [left, right] = node.args;
      this.visit(left, guards, bound);
      return this.visit(right, union(guards, node.op === '&&' ? whenTrue(left) : whenFalse(left)), bound);
    }
    if (node.op === '?:') {
      const [condition, yes, no] = node.args;
      this.visit(condition, guards, bound);
      this.visit(yes, union(guards, whenTrue(condition)), bound);
      return this.visit(no, union(guards, whenFalse(condition)), bound);
    }
    if (node.op === 'call' || node.op === 'rcall') return this.#call(node, guards, bound);
    const isArithmetic = ARITHMETIC.has(node.op);
    for (const child of nodesIn(node.args)) {
      const operand = isArithmetic ? pathOf(child) : undefined;
      if (operand) this.#note(operand, guards, bound, { isOperand: true });
      else this.visit(child, guards, bound);
    }
  }

  #note(path: ReadPath, guards: ReadonlySet<string>, bound: ReadonlySet<string>, how: Partial<Read> = {}): void {
    if (!bound.has(path[0]!)) this.reads.push({ path, guards, isAsked: false, isOperand: false, ...how });
  }

  #call(
    node: ASTNode & { readonly op: 'call' | 'rcall' },
    guards: ReadonlySet<string>,
    bound: ReadonlySet<string>,
  ): void {
    const [name] = node.args;
    const given = node.op === 'call' ? node.args[1] : node.args[2];
    const asked = askedPath(node);
    if (asked) return this.#note(asked, guards, bound, { isAsked: true });
    if (node.op === 'rcall') this.visit(node.args[1], guards, bound);
    if (node.op === 'rcall' && COMPREHENSIONS.has(name)) {
      this.#comprehensions += 1;
      if (this.#comprehensions > 1)
        this.forbidden ??= `\`${name}\` is a second comprehension; an expression has one at most`;
      const [variable, ...bodies] = given;
      const inner = variable?.op === 'id' ? new Set([...bound, variable.args]) : bound;
      for (const body of bodies) this.visit(body, guards, inner);
      return;
    }
    if (UNBOUNDED.has(name)) this.forbidden ??= `\`${name}\` may take time without bound`;
    else if (!CALLS.has(name)) this.forbidden ??= `\`${name}\` is not part of the language`;
    else if (name.startsWith('get') && given.length > 0)
      this.forbidden ??= `\`${name}\` with a time zone depends on the machine it runs on`;
    for (const argument of given) this.visit(argument, guards, bound);
  }
}

function nodesIn(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}

/** Finds what an expression reads, what guards each read, and the first thing it may not use. */
export function readsOf(ast: ASTNode): ExpressionReads {
  const walk = new Walk();
  walk.visit(ast, NOTHING, NOTHING);
  return { reads: walk.reads, forbidden: walk.forbidden, guarantees: whenTrue(ast) };
}
