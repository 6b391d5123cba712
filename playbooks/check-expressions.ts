import type { ActionDeclaration } from '../contracts/action.ts';
import { factCatalogue, type FactKey } from '../contracts/facts.ts';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import { ancestors } from './check-flow.ts';
import { checkInputsSchema } from './check-inputs-schema.ts';
import { literalFaults, typeFaults } from './check-with.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import { fits, typeWords } from './expression-types.ts';
import { ExpressionChecker, type CheckedExpression, type ExpressionPlace, type Unguarded } from './expressions.ts';
import type { Path } from './intake.ts';
import { runsPlaybook, type LoadedPlaybook, type StepSource } from './model.ts';
import { schemaDiagnostics } from './schema-diagnostics.ts';
import { hasExpression, partsOf, soleExpression } from './scan-expressions.ts';

/** Keys of the compiled plan's templates: written by hand they would be expressions that nobody checked. */
const RESERVED = ['$cel', '$text'];
/** What a rollout's targets are, by the key that opens them. */
const TARGETS_BY_KEY = { secrets: 'credentials', people: 'people' } as const;

/** What a step's expressions read, found on the way. */
export interface StepReads {
  readonly steps: ReadonlySet<string>;
  readonly facts: ReadonlySet<string>;
}

/** What expressions are checked against. */
export interface ExpressionSurroundings {
  readonly catalogue: ReadonlyMap<string, ActionDeclaration>;
  /** Playbooks that `playbook.run` may name: what they take is checked. */
  readonly playbooks: ReadonlyMap<string, LoadedPlaybook>;
}

/** Checks every expression of a playbook, and what each action is given against its schema. */
export function checkExpressions(
  loaded: LoadedPlaybook,
  surroundings: ExpressionSurroundings,
): { readonly diagnostics: readonly Diagnostic[]; readonly reads: readonly StepReads[] } {
  const { steps, inputs = {}, roles = {} } = loaded.playbook;
  const checker = new ExpressionChecker({
    inputs,
    steps: Object.fromEntries(steps.map((step) => [step.id, outputsOf(step, surroundings.catalogue)])),
    uncertain: new Set(
      steps.filter((step) => step.when !== undefined || step.onFailure === 'continue').map(({ id }) => id),
    ),
    roles: Object.keys(roles),
  });
  const checks = steps.map((_, index) => new StepExpressions(loaded, index, checker, surroundings));
  for (const check of checks) check.run();
  return { diagnostics: checks.flatMap(({ found }) => found), reads: checks };
}

/** Declared outputs; the parts of a `split`, and only with them the rest, are outputs of their own. */
function outputsOf(step: StepSource, catalogue: ReadonlyMap<string, ActionDeclaration>): JsonObject {
  const declared = catalogue.get(step.uses)?.outputs ?? {};
  const { properties, additionalProperties, required } = declared;
  if (!isJsonObject(additionalProperties) || !isJsonObject(properties))
    return { ...declared, additionalProperties: false };
  const split = step.with?.split;
  const { rest, ...others } = properties;
  const parts = isJsonObject(split) ? [...Object.keys(split), 'rest'] : [];
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...others,
      ...Object.fromEntries(parts.map((part) => [part, part === 'rest' ? (rest ?? true) : additionalProperties])),
    },
    required: [...(Array.isArray(required) ? (required as readonly string[]) : []), ...parts],
  };
}

/** The expressions of one step. */
class StepExpressions implements StepReads {
  readonly found: Diagnostic[] = [];
  readonly steps = new Set<string>();
  readonly facts = new Set<string>();
  readonly #loaded: LoadedPlaybook;
  readonly #index: number;
  readonly #step: StepSource;
  readonly #checker: ExpressionChecker;
  readonly #surroundings: ExpressionSurroundings;
  readonly #action: ActionDeclaration | undefined;
  readonly #checked = new Map<string, CheckedExpression | undefined>();
  readonly #unguarded = new Map<string, Unguarded & { readonly at: Path }>();
  #guarantees: ReadonlySet<string> = new Set();

  constructor(loaded: LoadedPlaybook, index: number, checker: ExpressionChecker, surroundings: ExpressionSurroundings) {
    this.#loaded = loaded;
    this.#index = index;
    this.#step = loaded.playbook.steps[index]!;
    this.#checker = checker;
    this.#surroundings = surroundings;
    this.#action = surroundings.catalogue.get(this.#step.uses);
  }

  run(): void {
    const { when, forEach, with: given = {}, undo } = this.#step;
    if (when !== undefined) this.#when(when);
    if (forEach !== undefined) this.#forEach(forEach);
    this.#walk(given, ['with']);
    if (this.#action) this.#checkGiven(this.#action, given, ['with']);
    this.#checkChildInputs(given);
    if (undo) {
      this.#walk(undo.with ?? {}, ['undo', 'with']);
      const action = this.#surroundings.catalogue.get(undo.uses);
      if (action) this.#checkGiven(action, undo.with ?? {}, ['undo', 'with']);
    }
    this.#checkReads();
  }

  #report(code: Diagnostic['code'], path: Path, message: string): void {
    this.found.push(diagnostic(code, this.#loaded.source.placeOf(['steps', this.#index, ...path]), message));
  }

  #when(text: string): void {
    const checked = this.#sole(text, ['when'], 'step');
    if (!checked) return;
    this.#guarantees = checked.guarantees;
    if (!fits({ type: 'boolean' }, checked))
      this.#report(
        'PLAYBOOK_EXPRESSION_TYPE',
        ['when'],
        `\`when\` asks for true or false, but this gives ${typeWords(checked.type)}`,
      );
    else if (soleExpression(text) === 'false')
      this.#report('PLAYBOOK_STEP_UNREACHABLE', ['when'], `\`${this.#step.id}\` is never wanted`);
  }

  #forEach(text: string): void {
    const checked = this.#sole(text, ['forEach'], 'step');
    const keyClass = this.#action?.keyClass;
    const holds = keyClass === undefined ? {} : { holds: TARGETS_BY_KEY[keyClass] };
    if (checked && !fits({ $ref: 'firebreak:dataset', ...holds }, checked)) {
      const wanted = keyClass === undefined ? 'a dataset' : `a dataset of ${TARGETS_BY_KEY[keyClass]}`;
      this.#report(
        'PLAYBOOK_EXPRESSION_TYPE',
        ['forEach'],
        `\`forEach\` takes ${wanted}, but this gives ${typeWords(checked.type)}`,
      );
    }
  }

  /** A value that has to be one expression. */
  #sole(text: string, path: Path, place: ExpressionPlace): CheckedExpression | undefined {
    const source = soleExpression(text);
    if (source !== undefined) return this.#one(source, path, place);
    this.#report(
      'PLAYBOOK_EXPRESSION_INVALID',
      path,
      `\`${String(path.at(-1))}\` is one expression and nothing else: \`\${{ ... }}\``,
    );
    return undefined;
  }

  #one(source: string, path: Path, place: ExpressionPlace): CheckedExpression | undefined {
    const checked = this.#checker.check(source, place);
    if ('code' in checked) {
      this.#report(checked.code, path, checked.message);
      this.#checked.set(source, undefined);
      return undefined;
    }
    this.#checked.set(source, checked);
    for (const id of checked.steps) this.steps.add(id);
    for (const key of checked.facts) this.facts.add(key);
    for (const read of checked.unguarded)
      if (!this.#unguarded.has(read.key)) this.#unguarded.set(read.key, { ...read, at: path });
    return checked;
  }

  #walk(value: Json, path: Path): void {
    if (typeof value === 'string') this.#text(value, path);
    else if (Array.isArray(value))
      (value as readonly Json[]).forEach((member, index) => this.#walk(member, [...path, index]));
    else if (isJsonObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        if (RESERVED.includes(key))
          this.#report('PLAYBOOK_KEY_RESERVED', [...path, key], `\`${key}\` is a key of the compiled plan`);
        else if (path.length === 1 && key === 'split') this.#split(member, [...path, key]);
        else if (path.length === 1 && key === 'locale') this.#locale(member, [...path, key]);
        else this.#walk(member, [...path, key]);
      }
    }
  }

  #text(text: string, path: Path): void {
    if (!hasExpression(text)) return;
    const parts = partsOf(text);
    if (!parts) return this.#report('PLAYBOOK_EXPRESSION_INVALID', path, 'an expression is not closed with `}}`');
    for (const part of parts) if ('cel' in part) this.#one(part.cel, path, 'step');
  }

  /** Parts of a `split`: asked of each target. */
  #split(parts: Json, path: Path): void {
    if (!isJsonObject(parts)) return;
    for (const [part, text] of Object.entries(parts)) {
      if (typeof text !== 'string') continue;
      const checked = this.#sole(text, [...path, part], 'target');
      if (checked && !fits({ type: 'boolean' }, checked))
        this.#report(
          'PLAYBOOK_EXPRESSION_TYPE',
          [...path, part],
          `a part of \`split\` asks for true or false, but this gives ${typeWords(checked.type)}`,
        );
    }
  }

  /** Each reader's own, or one for all. */
  #locale(given: Json, path: Path): void {
    if (typeof given !== 'string' || !hasExpression(given)) return;
    if (soleExpression(given) !== 'item.locale')
      this.#report(
        'PLAYBOOK_EXPRESSION_FORBIDDEN',
        path,
        "`locale` is `${{ item.locale }}`, each reader's own, or one locale written out, such as `en`",
      );
  }

  #checkGiven(action: ActionDeclaration, given: JsonObject, at: Path): void {
    const base: Path = ['steps', this.#index, ...at];
    this.found.push(
      ...schemaDiagnostics(this.#loaded.source, base, literalFaults(action.input, given), 'PLAYBOOK_WITH_INVALID'),
    );
    const { split: _split, locale: _locale, ...typed } = given;
    this.#checkTypes(action.input, typed, at);
    const { key, value } = given;
    if (
      action.name === 'facts.set' &&
      typeof key === 'string' &&
      Object.hasOwn(factCatalogue, key) &&
      value !== undefined
    )
      this.#checkShape(
        { type: 'object', properties: { value: factCatalogue[key as FactKey].schema as JsonObject } },
        { value },
        at,
      );
  }

  #checkTypes(schema: JsonObject, given: JsonObject, at: Path): void {
    for (const { code, path, message } of typeFaults(schema, given, at, (source) => this.#checked.get(source)))
      this.#report(code, path, message);
  }

  #checkShape(schema: JsonObject, given: JsonObject, at: Path): void {
    const base: Path = ['steps', this.#index, ...at];
    this.found.push(
      ...schemaDiagnostics(this.#loaded.source, base, literalFaults(schema, given), 'PLAYBOOK_WITH_INVALID'),
    );
    this.#checkTypes(schema, given, at);
  }

  /** What a child playbook is given, against what it takes. */
  #checkChildInputs(given: JsonObject): void {
    const name = runsPlaybook(this.#step);
    const child = name === undefined ? undefined : this.#surroundings.playbooks.get(name);
    const inputs = given.inputs ?? {};
    if (!child || !isJsonObject(inputs) || checkInputsSchema(child).length > 0) return; // the child's own fault is told there
    this.#checkShape(child.playbook.inputs ?? { type: 'object', additionalProperties: false }, inputs, [
      'with',
      'inputs',
    ]);
  }

  /** A step waits for what it reads, and says what to do where it may not be there. */
  #checkReads(): void {
    const waits = ancestors(this.#loaded, this.#step.id);
    for (const id of this.steps) {
      if (!waits.has(id))
        this.#report(
          'PLAYBOOK_READ_UNNEEDED',
          ['id'],
          `\`${this.#step.id}\` reads \`steps.${id}\`, but does not wait for \`${id}\``,
        );
    }
    for (const { key, path, at } of this.#unguarded.values()) {
      if (!this.#guarantees.has(key))
        this.#report(
          'PLAYBOOK_READ_UNGUARDED',
          at,
          `\`${this.#step.id}\` reads \`${path}\`, which may not be there: ask \`has(${path})\` first`,
        );
    }
  }
}
