import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { factCatalogue } from '../contracts/facts.ts';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import { pathKey, readsOf, type Read, type ReadPath } from './expression-reads.ts';
import { celType, memberOf, registerTypes, type FoundType } from './expression-types.ts';
import { nearest } from './nearest.ts';

/** What the expressions of one playbook may read, as JSON Schemas. */
export interface Readable {
  readonly inputs: JsonObject;
  /** Outputs of each step, by its id. */
  readonly steps: Readonly<Record<string, JsonObject>>;
  /** Steps that may end without outputs: skipped by `when`, or failed with `onFailure: continue`. */
  readonly uncertain: ReadonlySet<string>;
  readonly roles: readonly string[];
}

/** Where an expression stands: in a step, or where it is asked for each target and reads nothing but `item`. */
export type ExpressionPlace = 'step' | 'target';

/** What is wrong with an expression. */
export interface ExpressionFault {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a good expression gives and reads. */
export interface CheckedExpression extends FoundType {
  readonly steps: readonly string[];
  readonly facts: readonly string[];
  /** Paths, as written, that may not be there where they are read. */
  readonly unguarded: readonly Unguarded[];
  /** Keys of paths that are there whenever the expression is true. */
  readonly guarantees: ReadonlySet<string>;
}

/** A read of something that may not be there. */
export interface Unguarded {
  /** The first part of the path that may be missing: `steps.extra`. */
  readonly path: string;
  readonly key: string;
}

const DIFFERENT_MAX = 1_000; // expressions of one playbook; it bounds the work of checking them
const SOURCE_MAX_CHARS = 1_000; // a condition that is longer is a policy, and belongs into steps
const LIMITS = { maxAstNodes: 500, maxDepth: 32, maxListElements: 100, maxMapEntries: 100 } as const;

const text: JsonObject = { type: 'string' };
const object = (properties: JsonObject, required: readonly string[] = Object.keys(properties)): JsonObject => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required: [...required],
});

/** Attributes of a target, as `contracts/dataset.ts` declares them. */
const item = object(
  {
    ...{ issuer: text, kind: text, name: text, hint: text, issuerId: text, owner: text },
    ...{ scopes: { type: 'array', items: text }, misused: { type: 'boolean' } },
    ...{ store: text, locale: text, relation: text },
  },
  ['issuer', 'kind', 'name', 'hint', 'issuerId', 'owner', 'scopes', 'misused', 'locale', 'relation'],
);

function rootsOf({ inputs, steps, roles }: Readable): JsonObject {
  const facts = Object.fromEntries(
    Object.entries(factCatalogue).map(([key, { schema }]) => [key, schema as JsonObject]),
  );
  return {
    inputs: { type: 'object', additionalProperties: false, ...inputs },
    steps: object(steps),
    facts: object(facts), // what nobody has said yet skips the step and is listed; no guard is asked for
    incident: object({ id: text, mode: { enum: ['live', 'drill', 'preview'] }, requester: text, openedAt: text }),
    roles: object(Object.fromEntries(roles.map((role) => [role, { type: 'array', items: text }]))),
  };
}

/** Type-checks the expressions of one playbook. */
export class ExpressionChecker {
  readonly #roots: Readonly<Record<ExpressionPlace, JsonObject>>;
  readonly #environments: Readonly<Record<ExpressionPlace, Environment>>;
  readonly #uncertain: ReadonlySet<string>;
  readonly #checked = new Map<string, CheckedExpression | ExpressionFault>();

  constructor(readable: Readable) {
    this.#roots = { step: rootsOf(readable), target: { item } };
    this.#environments = { step: environmentOf(this.#roots.step), target: environmentOf(this.#roots.target) };
    this.#uncertain = new Set([...readable.uncertain].map((id) => pathKey(['steps', id])));
  }

  /**
   * Checks one expression.
   *
   * @param source - CEL, without its mark.
   */
  check(source: string, place: ExpressionPlace): CheckedExpression | ExpressionFault {
    const key = `${place} ${source}`;
    const known = this.#checked.get(key);
    if (known) return known;
    if (this.#checked.size >= DIFFERENT_MAX)
      return {
        code: 'PLAYBOOK_EXPRESSION_INVALID',
        message: `there are more than ${DIFFERENT_MAX} different expressions`,
      };
    const checked = this.#check(source, place);
    this.#checked.set(key, checked);
    return checked;
  }

  #check(source: string, place: ExpressionPlace): CheckedExpression | ExpressionFault {
    const written = `\${{ ${source.slice(0, 120)} }}`;
    const refuse = (code: ErrorCode, why: string): ExpressionFault => ({ code, message: `${written}: ${why}` });
    if (source === '') return refuse('PLAYBOOK_EXPRESSION_INVALID', 'it is empty');
    if (source.length > SOURCE_MAX_CHARS)
      return refuse('PLAYBOOK_EXPRESSION_INVALID', `it is longer than ${SOURCE_MAX_CHARS} characters`);
    const dashed = this.#dashedStep(source);
    if (dashed !== undefined) return refuse('PLAYBOOK_STEP_UNREADABLE', `\`steps.${dashed}\` reads as a subtraction`);
    let ast: ASTNode;
    try {
      ast = this.#environments[place].parse(source).ast;
    } catch (error) {
      return refuse('PLAYBOOK_EXPRESSION_INVALID', firstLine(error));
    }
    const { reads, forbidden, guarantees } = readsOf(ast);
    if (forbidden !== undefined) return refuse('PLAYBOOK_EXPRESSION_FORBIDDEN', forbidden);
    const resolved = reads.map((read) => this.#resolve(read, place));
    const fault = resolved.find((one) => typeof one === 'string');
    if (typeof fault === 'string') return refuse('PLAYBOOK_EXPRESSION_TYPE', fault);
    const checked = this.#environments[place].check(source);
    if (!checked.valid) return refuse('PLAYBOOK_EXPRESSION_TYPE', firstLine(checked.error));
    const [only] = resolved as readonly ResolvedRead[];
    const isPlain = reads.length === 1 && ['id', '.', '[]'].includes(ast.op);
    return {
      type: checked.type ?? 'dyn',
      ...(isPlain && isJsonObject(only!.schema) ? { schema: only!.schema } : {}),
      steps: namesUnder('steps', reads),
      facts: namesUnder('facts', reads),
      unguarded: (resolved as readonly ResolvedRead[]).flatMap(({ unguarded }) => unguarded),
      guarantees,
    };
  }

  /** A step whose id has a dash, read with a dot. */
  #dashedStep(source: string): string | undefined {
    const dashed = /\bsteps\.([a-z0-9]+(?:-[a-z0-9-]*)+)/.exec(source)?.[1];
    const steps = this.#roots.step.steps as JsonObject;
    return dashed !== undefined && Object.hasOwn(steps.properties as JsonObject, dashed) ? dashed : undefined;
  }

  /** Follows a path through the schemas. @returns what is wrong with it, or what it finds there. */
  #resolve({ path, guards, isAsked, isOperand }: Read, place: ExpressionPlace): ResolvedRead | string {
    const [root, ...names] = path;
    const roots = this.#roots[place];
    if (!Object.hasOwn(roots, root!)) return unknownRoot(root!, place, Object.keys(roots));
    if (names.length === 0) return `\`${root}\` is read as a whole; read one of its values by name`;
    let schema: Json = roots[root!]!;
    const unguarded: Unguarded[] = [];
    for (const [index, name] of names.entries()) {
      const member = memberOf(schema, name);
      const here = path.slice(0, index + 2);
      if ('known' in member) return unknownMember(here, member.known);
      const key = pathKey(here);
      const isLast = index === names.length - 1;
      const mayLack = this.#uncertain.has(key) || member.isOptional;
      if (mayLack && !guards.has(key) && !(isAsked && isLast)) unguarded.push({ path: written(here), key });
      schema = member.schema;
    }
    if (isOperand && isJsonObject(schema) && schema.type === 'number')
      return `\`${written(path)}\` may be whole or not; reckon with \`double(${written(path)})\``;
    return { schema, unguarded: unguarded.slice(0, 1) };
  }
}

interface ResolvedRead {
  readonly schema: Json;
  readonly unguarded: readonly Unguarded[];
}

function environmentOf(roots: JsonObject): Environment {
  const environment = new Environment({ unlistedVariablesAreDyn: false, limits: LIMITS });
  registerTypes(environment);
  for (const [name, schema] of Object.entries(roots)) {
    const type = celType(schema);
    environment.registerVariable(name, (typeof type === 'string' ? type : { schema: type }) as never);
  }
  return environment;
}

function written([root, ...names]: ReadPath): string {
  return names.reduce((path, name) => (/^[a-zA-Z_]\w*$/.test(name) ? `${path}.${name}` : `${path}["${name}"]`), root!);
}

function unknownRoot(root: string, place: ExpressionPlace, known: readonly string[]): string {
  if (place === 'step' && root === 'item') return '`item` is there only in `split` and in the `locale` of a notice';
  if (place === 'target') return `\`${root}\` is not there: for each target only \`item\` is`;
  return `there is no \`${root}\`${nearest(root, known) || `; there are ${known.join(', ')}`}`;
}

function unknownMember(path: ReadPath, known: readonly string[]): string {
  const [name, holder] = [path.at(-1)!, written(path.slice(0, -1))];
  const hint = nearest(name, known) || (known.length > 0 && known.length <= 12 ? `; it has ${known.join(', ')}` : '');
  return `\`${holder}\` has no \`${name.slice(0, 60)}\`${hint}`;
}

function namesUnder(root: string, reads: readonly Read[]): readonly string[] {
  return [...new Set(reads.filter(({ path }) => path[0] === root).map(({ path }) => path[1]!))];
}

/** The library's words, a missing operator in ours. */
function firstLine(error: unknown): string {
  const [line] = error instanceof Error ? error.message.split('\n') : ['it is no expression'];
  return line!
    .replace(/^no such overload: (.*)$/, 'these do not go together: $1')
    .replace('Unexpected token: EOF', 'it ends too early');
}
