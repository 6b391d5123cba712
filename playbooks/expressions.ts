import { Environment, parse, type ASTNode } from '@marcbachmann/cel-js';
import { factCatalogue } from '../contracts/facts.ts';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import type { Template } from '../contracts/plan.ts';
import type { ErrorCode } from '../contracts/errors.ts';

/** What an expression may read, as JSON Schemas. */
export interface Readable {
  readonly inputs: JsonObject;
  /** Outputs of the scope's steps, by local id. */
  readonly steps: Readonly<Record<string, JsonObject>>;
  /** Whether `item` is there: inside `split`, and where an action fills it for each target. */
  readonly item: boolean;
}

/** What is wrong with an expression. */
export interface ExpressionFault {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a good expression reads and gives. */
export interface ExpressionFacts {
  /** CEL type: `string`, `int`, `bool`, `list`, `dyn` ... */
  readonly type: string;
  readonly steps: readonly string[];
  readonly facts: readonly string[];
  readonly roots: readonly string[];
}

const MARK = /\$\{\{(.*?)\}\}/gs;
const EXPRESSION_MAX_CHARS = 1_000;

/** Calls that can take time without bound, or depend on where they run (facts on the library's parse-time limits). */
const FORBIDDEN_CALLS = new Set(['matches', 'split', 'join', 'json', 'hex', 'base64']);
const ZONED_GETTERS =
  /^get(FullYear|Month|Date|Day|DayOfMonth|DayOfWeek|DayOfYear|Hours|Minutes|Seconds|Milliseconds)$/;
const COMPREHENSIONS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** Whether a text holds an expression. */
export function hasExpression(text: string): boolean {
  return text.includes('${{');
}

/** CEL source of a text that is one expression and nothing else. */
export function soleExpression(text: string): string | undefined {
  const trimmed = text.trim();
  const matches = [...trimmed.matchAll(MARK)];
  return matches.length === 1 && matches[0]![0] === trimmed ? matches[0]![1]!.trim() : undefined;
}

/** Every expression of a text, in order. */
export function expressionsOf(text: string): readonly string[] {
  return [...text.matchAll(MARK)].map((match) => match[1]!.trim());
}

/** The template form of a value: expressions marked, everything else as it is. */
export function templateOf(value: Json): Template {
  if (typeof value === 'string') return hasExpression(value) ? textTemplate(value) : value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(templateOf);
  if (isJsonObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, templateOf(member)]));
  return value;
}

function textTemplate(text: string): Template {
  const sole = soleExpression(text);
  if (sole !== undefined) return { $cel: sole };
  const parts: Json[] = [];
  let end = 0;
  for (const match of text.matchAll(MARK)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push({ $cel: match[1]!.trim() });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return { $text: parts };
}

type CelType = string | { readonly [field: string]: CelType };

/** CEL type of a JSON Schema; what has no fixed shape is `dyn` and checked when it runs. */
function celType(schema: Json | undefined): CelType {
  if (!isJsonObject(schema)) return 'dyn';
  if (schema.$ref === 'firebreak:dataset') return { id: 'string', kind: 'string', count: 'int', digest: 'string' };
  if (schema.$ref === 'firebreak:duration' || schema.$ref === 'firebreak:fact') return 'string';
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'integer':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'array':
      return 'list';
    case 'object':
      return isJsonObject(schema.properties) && !isJsonObject(schema.additionalProperties)
        ? fieldsOf(schema.properties)
        : 'map';
    default:
      return Array.isArray(schema.enum) && schema.enum.every((entry) => typeof entry === 'string') ? 'string' : 'dyn';
  }
}

function fieldsOf(properties: JsonObject): Record<string, CelType> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, celType(schema)]));
}

/** Type-checks the expressions of one scope. */
export class ExpressionChecker {
  readonly #environment: Environment;
  readonly #withItem: Environment;
  readonly #steps: ReadonlySet<string>;

  constructor(readable: Omit<Readable, 'item'>) {
    const schemaOf = (fields: Readonly<Record<string, unknown>>): object => ({ schema: fields });
    const build = (): Environment => {
      const environment = new Environment({
        unlistedVariablesAreDyn: false,
        limits: { maxAstNodes: 500, maxDepth: 32, maxListElements: 100, maxMapEntries: 100 },
      });
      const inputs = isJsonObject(readable.inputs.properties) ? readable.inputs.properties : {};
      const register = (name: string, type: unknown): void => {
        environment.registerVariable(name, type as 'dyn');
      };
      register('inputs', schemaOf(fieldsOf(inputs)));
      register(
        'facts',
        schemaOf(
          Object.fromEntries(
            Object.entries(factCatalogue).map(([key, { schema }]) => [key, celType(schema as JsonObject)]),
          ),
        ),
      );
      register(
        'steps',
        schemaOf(
          Object.fromEntries(
            Object.entries(readable.steps)
              .filter(([id]) => !id.includes('-'))
              .map(([id, outputs]) => [id, celType(outputs)]),
          ),
        ),
      );
      register('incident', schemaOf({ id: 'string', mode: 'string', requester: 'string', openedAt: 'string' }));
      register('roles', 'map');
      return environment;
    };
    this.#environment = build();
    this.#withItem = build();
    this.#withItem.registerVariable('item', 'map');
    this.#steps = new Set(Object.keys(readable.steps));
  }

  /** Checks one expression. */
  check(source: string, item: boolean): ExpressionFacts | ExpressionFault {
    if (source === '') return { code: 'PLAYBOOK_EXPRESSION_INVALID', message: 'the expression is empty' };
    if (source.length > EXPRESSION_MAX_CHARS)
      return {
        code: 'PLAYBOOK_EXPRESSION_INVALID',
        message: `the expression is longer than ${EXPRESSION_MAX_CHARS} characters`,
      };
    const dashed = /\bsteps\.([a-z0-9]+(?:-[a-z0-9-]*)+)/.exec(source)?.[1];
    if (dashed !== undefined && this.#steps.has(dashed)) {
      return {
        code: 'PLAYBOOK_STEP_UNREADABLE',
        message: `\`steps.${dashed}\` reads as a subtraction: a step that expressions read has no dash in its id`,
      };
    }
    let ast: ASTNode;
    try {
      ast = parse(source).ast;
    } catch (error) {
      return { code: 'PLAYBOOK_EXPRESSION_INVALID', message: `\${{ ${source} }}: ${firstLine(error)}` };
    }
    const seen = new Walk();
    seen.visit(ast, 0);
    if (seen.forbidden !== undefined)
      return { code: 'PLAYBOOK_EXPRESSION_FORBIDDEN', message: `\${{ ${source} }}: ${seen.forbidden}` };
    const checked = (item ? this.#withItem : this.#environment).check(source);
    if (!checked.valid)
      return { code: 'PLAYBOOK_EXPRESSION_TYPE', message: `\${{ ${source} }}: ${firstLine(checked.error)}` };
    return { type: typeName(checked.type), steps: [...seen.steps], facts: [...seen.facts], roots: [...seen.roots] };
  }
}

function typeName(type: unknown): string {
  return typeof type !== 'string' || type.startsWith('$') ? 'map' : type; // shapes without a name are listed as $path
}

function firstLine(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]! : 'not an expression';
}

/** Collects what an expression reads, and finds what is not allowed. */
class Walk {
  readonly steps = new Set<string>();
  readonly facts = new Set<string>();
  readonly roots = new Set<string>();
  forbidden: string | undefined;

  visit(node: ASTNode, comprehensions: number): void {
    const { op, args } = node as unknown as { readonly op: string; readonly args: unknown };
    if (op === 'id') this.roots.add(args as string);
    if (op === '.') this.#note(args as readonly [ASTNode, string]);
    if (op === 'call' || op === 'rcall')
      this.#call((args as readonly [string])[0], op, args as readonly unknown[], comprehensions);
    const inner =
      op === 'rcall' && COMPREHENSIONS.has((args as readonly [string])[0]) ? comprehensions + 1 : comprehensions;
    for (const child of nodesIn(args)) this.visit(child, inner);
  }

  #note([holder, name]: readonly [ASTNode, string]): void {
    const { op, args } = holder as unknown as { readonly op: string; readonly args: unknown };
    if (op !== 'id') return;
    if (args === 'steps') this.steps.add(name);
    if (args === 'facts') this.facts.add(name);
  }

  #call(name: string, op: string, args: readonly unknown[], comprehensions: number): void {
    if (FORBIDDEN_CALLS.has(name))
      this.forbidden = `\`${name}\` may take time without bound and is not part of the language`;
    if (op === 'rcall' && COMPREHENSIONS.has(name) && comprehensions > 0)
      this.forbidden = 'comprehensions are not nested';
    if (ZONED_GETTERS.test(name) && (args.at(-1) as readonly unknown[]).length > 0)
      this.forbidden = `\`${name}\` with a zone depends on where it runs`;
  }
}

function nodesIn(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}
