import type { ActionDeclaration } from '../contracts/action.ts';
import { isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import { ancestors } from './check-flow.ts';
import { diagnostic, type Diagnostic } from './diagnostic.ts';
import {
  ExpressionChecker,
  expressionsOf,
  hasExpression,
  soleExpression,
  type ExpressionFacts,
} from './expressions.ts';
import { schemaDiagnostics } from './load.ts';
import type { LoadedPlaybook, StepSource } from './model.ts';
import { createValidator, faultsOf } from './validator.ts';

const ajv = createValidator();
const withValidators = new Map<string, ReturnType<typeof ajv.compile>>();

/** Values that an action fills for each target: there `item` can be read, and nothing is evaluated before. */
const ITEM_KEYS = new Set(['locale', 'split']);

/** What a step's expressions read, found on the way. */
export interface StepReads {
  readonly steps: ReadonlySet<string>;
  readonly facts: ReadonlySet<string>;
}

/** Checks every expression of a playbook and each action's `with` against its schema. */
export function checkExpressions(
  loaded: LoadedPlaybook,
  catalogue: ReadonlyMap<string, ActionDeclaration>,
): { readonly diagnostics: readonly Diagnostic[]; readonly reads: readonly StepReads[] } {
  const outputs = Object.fromEntries(loaded.playbook.steps.map((step) => [step.id, outputsOf(step, catalogue)]));
  const checker = new ExpressionChecker({ inputs: loaded.playbook.inputs ?? {}, steps: outputs });
  const diagnostics: Diagnostic[] = [];
  const reads = loaded.playbook.steps.map((_, index) => {
    const check = new StepExpressions(loaded, index, checker, catalogue);
    check.run();
    diagnostics.push(...check.found);
    return { steps: check.steps, facts: check.facts };
  });
  return { diagnostics, reads };
}

/** Declared outputs; the parts of a `split` are outputs of their own. */
function outputsOf(step: StepSource, catalogue: ReadonlyMap<string, ActionDeclaration>): JsonObject {
  const declared = catalogue.get(step.uses)?.outputs ?? {};
  const { split } = step.with ?? {};
  if (!isJsonObject(split) || !isJsonObject(declared.properties)) return { ...declared, additionalProperties: false };
  const parts = Object.fromEntries(Object.keys(split).map((part) => [part, { $ref: 'firebreak:dataset' }]));
  return { ...declared, properties: { ...declared.properties, ...parts }, additionalProperties: false };
}

/** The expressions of one step. */
class StepExpressions {
  readonly found: Diagnostic[] = [];
  readonly steps = new Set<string>();
  readonly facts = new Set<string>();
  readonly #loaded: LoadedPlaybook;
  readonly #index: number;
  readonly #step: StepSource;
  readonly #checker: ExpressionChecker;
  readonly #action: ActionDeclaration | undefined;

  constructor(
    loaded: LoadedPlaybook,
    index: number,
    checker: ExpressionChecker,
    catalogue: ReadonlyMap<string, ActionDeclaration>,
  ) {
    this.#loaded = loaded;
    this.#index = index;
    this.#step = loaded.playbook.steps[index]!;
    this.#checker = checker;
    this.#action = catalogue.get(this.#step.uses);
  }

  run(): void {
    const { when, forEach, with: given = {} } = this.#step;
    this.#sole(when, ['when'], 'bool', false);
    this.#sole(forEach, ['forEach'], 'map', false);
    this.#walk(given, ['with'], false);
    if (this.#action) this.#checkWith(given);
    this.#checkReads(when);
  }

  #at(path: readonly (string | number)[]) {
    return this.#loaded.source.placeOf(['steps', this.#index, ...path]);
  }

  #sole(text: string | undefined, path: readonly (string | number)[], type: string, item: boolean): void {
    if (text === undefined) return;
    const source = soleExpression(text);
    if (source === undefined) {
      this.found.push(
        diagnostic(
          'PLAYBOOK_EXPRESSION_INVALID',
          this.#at(path),
          `\`${path.join('.')}\` is one expression: \`\${{ ... }}\``,
        ),
      );
      return;
    }
    const facts = this.#one(source, path, item);
    if (facts && ![type, 'dyn'].includes(facts.type)) {
      const wanted = type === 'map' ? 'a dataset' : 'true or false';
      this.found.push(
        diagnostic(
          'PLAYBOOK_EXPRESSION_TYPE',
          this.#at(path),
          `\`${path.join('.')}\` has to give ${wanted}, but gives ${facts.type}`,
        ),
      );
    }
  }

  #one(source: string, path: readonly (string | number)[], item: boolean): ExpressionFacts | undefined {
    const checked = this.#checker.check(source, item);
    if ('code' in checked) {
      this.found.push(diagnostic(checked.code, this.#at(path), checked.message));
      return undefined;
    }
    for (const id of checked.steps) this.steps.add(id);
    for (const key of checked.facts) this.facts.add(key);
    return checked;
  }

  #walk(value: Json, path: readonly (string | number)[], item: boolean): void {
    if (typeof value === 'string') for (const source of expressionsOf(value)) this.#one(source, path, item);
    else if (Array.isArray(value))
      (value as readonly Json[]).forEach((member, index) => this.#walk(member, [...path, index], item));
    else if (isJsonObject(value))
      for (const [key, member] of Object.entries(value))
        this.#walk(member, [...path, key], item || (path.length === 1 && ITEM_KEYS.has(key)));
    if (typeof value === 'string' && value.includes('${{') && expressionsOf(value).length === 0) {
      this.found.push(
        diagnostic('PLAYBOOK_EXPRESSION_INVALID', this.#at(path), 'the expression is not closed with `}}`'),
      );
    }
  }

  /** The action's schema; a value given as an expression is checked by its type when it runs. */
  #checkWith(given: JsonObject): void {
    const { name, input } = this.#action!;
    let validate = withValidators.get(name);
    if (!validate) withValidators.set(name, (validate = ajv.compile(input)));
    if (validate(given)) return;
    const faults = faultsOf(validate).filter(({ instancePath }) => !isExpressionAt(given, instancePath));
    this.found.push(
      ...schemaDiagnostics(this.#loaded.source, ['steps', this.#index, 'with'], faults, 'PLAYBOOK_WITH_INVALID'),
    );
  }

  #checkReads(when: string | undefined): void {
    const waits = ancestors(this.#loaded, this.#index);
    const byId = new Map(this.#loaded.playbook.steps.map((step) => [step.id, step]));
    for (const id of this.steps) {
      if (!waits.has(id))
        this.found.push(
          diagnostic('PLAYBOOK_READ_UNNEEDED', this.#at(['id']), `\`${this.#step.id}\` reads \`steps.${id}\``),
        );
      const read = byId.get(id);
      const mayLack = read?.when !== undefined || read?.onFailure === 'continue';
      if (mayLack && when?.includes(`steps.${id}`) !== true) {
        this.found.push(
          diagnostic(
            'PLAYBOOK_READ_UNGUARDED',
            this.#at(['id']),
            `\`${this.#step.id}\` reads \`steps.${id}\`, which may be skipped or fail`,
            'warning',
          ),
        );
      }
    }
  }
}

/** Whether a fault is about a value that is, or lies inside, an expression. */
function isExpressionAt(given: JsonObject, instancePath: string): boolean {
  let value: Json | undefined = given;
  for (const part of instancePath.split('/').slice(1)) {
    value = Array.isArray(value) ? (value[Number(part)] as Json) : isJsonObject(value) ? value[part] : undefined;
  }
  return typeof value === 'string' && hasExpression(value);
}
