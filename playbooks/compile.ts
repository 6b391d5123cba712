import { createHash } from 'node:crypto';
import { CodedError } from '../contracts/errors.ts';
import { durationMs } from '../contracts/duration.ts';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../contracts/json.ts';
import type { ActionDeclaration } from '../contracts/action.ts';
import type { Approval, CompiledPlan, Plan, PlanScope, PlanStep, RolloutOptions } from '../contracts/plan.ts';
import type { Digest } from '../contracts/ids.ts';
import type { FactKey } from '../contracts/facts.ts';
import { checkExpressions, type StepReads } from './check-expressions.ts';
import { amendmentTarget, type Surroundings } from './check-step.ts';
import { textKey, textsOf } from './check-texts.ts';
import { soleExpression, templateOf } from './expressions.ts';
import { findPlaybook, type Library } from './library.ts';
import { lintPlaybook } from './lint.ts';
import { refuseErrors } from './load.ts';
import { needsOf, runsPlaybook, type ApprovalSource, type LoadedPlaybook, type StepSource } from './model.ts';

const CONTROL_MAX_BYTES = 256 * 1024; // what a workflow carries
const PAGE_ROWS = 500; // rows a page: one activity each
const WINDOW_PAGES = 4; // pages in flight: more gains little and crowds other steps

function sha256(text: string): Digest {
  return createHash('sha256').update(text).digest('hex') as Digest;
}

/** Collects documents by hash while a plan is built. */
class Documents {
  readonly all: Record<Digest, { readonly kind: 'text' | 'schema'; readonly name: string; readonly body: string }> = {};

  add(kind: 'text' | 'schema', name: string, body: string): Digest {
    const hash = sha256(body);
    this.all[hash] = { kind, name, body };
    return hash;
  }
}

function approvalOf({ all, any, quorum = 1, within, onExpiry = 'escalate' }: ApprovalSource): Approval {
  const roles = all ?? any ?? [];
  return {
    rule: all ? 'all' : 'any',
    roles,
    quorum: all ? roles.length : quorum,
    withinMs: durationMs(within),
    onExpiry,
  };
}

function rolloutOf(step: StepSource): RolloutOptions {
  const { first = [], canary = 0, holdUntil, page = PAGE_ROWS, window = WINDOW_PAGES } = step.rollout ?? {};
  return { first, canary, page, window, ...(holdUntil === undefined ? {} : { holdUntil }) };
}

/** `split` keeps its order as a list; `locale` and `split` are filled for each target and stay as they are. */
function withOf(step: StepSource): JsonObject {
  const { split, locale, playbook: _playbook, inputs: _inputs, ...rest } = step.with ?? {};
  const filled = templateOf(rest) as JsonObject;
  const sources = isJsonObject(split)
    ? Object.entries(split).map(([part, when]) => ({ part, when: soleExpression(String(when)) ?? String(when) }))
    : undefined;
  return { ...filled, ...(sources ? { split: sources } : {}), ...(locale === undefined ? {} : { locale }) };
}

/** Compiles one playbook of the library, and inlines those that it runs. */
class Compilation {
  readonly documents = new Documents();
  readonly scopes: PlanScope[] = [];
  readonly steps: PlanStep[] = [];
  readonly #library: Library;
  readonly #surroundings: Surroundings;

  constructor(library: Library, surroundings: Surroundings) {
    this.#library = library;
    this.#surroundings = surroundings;
  }

  add(loaded: LoadedPlaybook, id: string, parent: string | undefined, inputs: Json | undefined): void {
    refuseErrors(lintPlaybook(loaded, this.#library, this.#surroundings));
    const { playbook } = loaded;
    this.scopes.push({
      id,
      playbook: loaded.name,
      version: playbook.metadata.version,
      inputsSchema: this.documents.add(
        'schema',
        `${loaded.name}.inputs`,
        canonicalJson(playbook.inputs ?? { type: 'object', additionalProperties: false }),
      ),
      ...(parent === undefined ? {} : { parent }),
      ...(inputs === undefined ? {} : { inputs: templateOf(inputs) }),
    });
    const { reads } = checkExpressions(loaded, this.#surroundings.catalogue);
    playbook.steps.forEach((step, index) => {
      const full = id === '' ? step.id : `${id}/${step.id}`;
      this.steps.push(this.#step(loaded, step, index, id, full, reads[index]!));
      const child = runsPlaybook(step);
      if (child !== undefined) this.add(findPlaybook(this.#library, child), full, id, step.with?.inputs ?? {});
    });
  }

  #step(
    loaded: LoadedPlaybook,
    step: StepSource,
    index: number,
    scope: string,
    id: string,
    reads: StepReads,
  ): PlanStep {
    const action = this.#surroundings.catalogue.get(step.uses)!;
    const inScope = (local: string): string => (scope === '' ? local : `${scope}/${local}`);
    const connector = this.#surroundings.connectors?.(step.uses)?.name;
    const texts = textsOf(step, this.#library).map(
      (text) => [textKey(text), this.documents.add('text', textKey(text), text.body)] as const,
    );
    const facts = [
      ...new Set([...reads.facts, ...texts.flatMap(([key]) => factsOfText(this.#library, key))]),
    ].sort() as FactKey[];
    return {
      id,
      scope,
      uses: step.uses,
      shape: action.shape,
      title: step.title ?? action.title,
      queue: action.queue,
      needs: needsOf(loaded.playbook, index).map((need) => ({ ...need, step: inScope(need.step) })),
      reads: [...reads.steps].sort().map(inScope),
      readsFacts: facts,
      with: withOf(step),
      ...timing(step, action),
      onFailure: step.onFailure ?? 'ask',
      onUnknown: step.onUnknown ?? 'report',
      texts: Object.fromEntries(texts),
      tags: [action.cacao],
      ...(connector === undefined ? {} : { connector }),
      ...(step.when === undefined ? {} : { when: soleExpression(step.when)! }),
      ...(step.forEach === undefined ? {} : { forEach: soleExpression(step.forEach)! }),
      ...(step.approval ? { approval: approvalOf(step.approval) } : {}),
      ...(step.preauthorised ? { preauthorised: { kinds: [], ...step.preauthorised } } : {}),
      ...(action.shape === 'page' ? { rollout: rolloutOf(step) } : {}),
      ...(step.undo ? { undo: { uses: step.undo.uses, with: templateOf(step.undo.with ?? {}) } } : {}),
      ...(step.outlives ? { outlives: step.outlives } : {}),
    };
  }
}

function timing(step: StepSource, action: ActionDeclaration): Pick<PlanStep, 'timeoutMs' | 'withinMs' | 'retry'> {
  const { max, first, factor, cap } = step.retry ?? {};
  const { retry } = action;
  return {
    timeoutMs: step.timeout === undefined ? action.timeoutMs : durationMs(step.timeout),
    ...(step.within === undefined ? {} : { withinMs: durationMs(step.within) }),
    retry: {
      max: max ?? retry.max,
      firstMs: first === undefined ? retry.firstMs : durationMs(first),
      factor: factor ?? retry.factor,
      capMs: cap === undefined ? retry.capMs : durationMs(cap),
    },
  };
}

/** Fact keys that a text reads: `facts.<key>`. A gate covers their values. */
function factsOfText(library: Library, key: string): readonly string[] {
  const body = library.texts.find((text) => textKey(text) === key)?.body ?? '';
  return [...body.matchAll(/\bfacts\.([a-zA-Z]+)/g)].map((match) => match[1]!);
}

/**
 * Compiles a playbook of the library to the plan that the engine interprets.
 *
 * The same library, catalogue and configuration give the same plan, byte for byte; its hash names it.
 *
 * @throws PLAYBOOK_UNKNOWN; PLAYBOOK_INVALID with every error of the first playbook that has one; PLAYBOOK_PLAN_TOO_LARGE.
 */
export function compilePlaybook(name: string, library: Library, surroundings: Surroundings): CompiledPlan {
  const loaded = findPlaybook(library, name);
  const compilation = new Compilation(library, surroundings);
  compilation.add(loaded, '', undefined, undefined);
  const { metadata, roles = {}, limits = {}, amendments = {}, steps } = loaded.playbook;
  const plan: Plan = {
    format: 1,
    playbook: {
      name: metadata.name,
      title: metadata.title,
      version: metadata.version,
      tlp: metadata.tlp ?? 'AMBER',
      tags: metadata.tags ?? {},
    },
    roles: Object.fromEntries(
      Object.entries(roles).map(([role, { required = false, ...rest }]) => [role, { ...rest, required }]),
    ),
    limits,
    amendments: Object.fromEntries(
      Object.entries(amendments).map(([key, amendment]) => [
        key,
        { of: amendmentTarget(steps, amendment)!, approval: approvalOf(amendment.approval) },
      ]),
    ),
    scopes: compilation.scopes,
    steps: compilation.steps,
  };
  const canonical = canonicalJson(plan);
  if (Buffer.byteLength(canonical) > CONTROL_MAX_BYTES) {
    throw new CodedError(
      'PLAYBOOK_PLAN_TOO_LARGE',
      `the plan of ${name} has ${Buffer.byteLength(canonical)} bytes; ${CONTROL_MAX_BYTES} at most`,
    );
  }
  return { plan: JSON.parse(canonical) as Plan, planHash: sha256(canonical), documents: compilation.documents.all };
}
