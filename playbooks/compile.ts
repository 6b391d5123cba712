import { createHash } from 'node:crypto';
import { CodedError } from '../contracts/errors.ts';
import { canonicalJson, type Json } from '../contracts/json.ts';
import type { CompiledPlan, Plan, PlanAmendment, PlanLimit, PlanScope, PlanStep } from '../contracts/plan.ts';
import type { Digest } from '../contracts/ids.ts';
import type { FactKey } from '../contracts/facts.ts';
import { checkExpressions, type StepReads } from './check-expressions.ts';
import { amendmentTarget } from './check-head.ts';
import { textKey, textsOf } from './check-texts.ts';
import { findPlaybook, type Library, type LibraryText } from './library.ts';
import { lintPlaybook } from './lint.ts';
import { refuseErrors } from './load.ts';
import { needsOf, runsPlaybook, type LoadedPlaybook, type StepSource } from './model.ts';
import { approvalOf, rolloutOf, stricter, timingOf, withOf } from './plan-parts.ts';
import { soleExpression, templateOf } from './scan-expressions.ts';
import type { Surroundings } from './surroundings.ts';

const CONTROL_MAX_BYTES = 256 * 1024; // what a workflow carries: far below the 2 MB of a payload, small enough to repeat
const STEPS_MAX = 2_000; // of all scopes together; no plan of more fits into the bytes above

function sha256(text: string): Digest {
  return createHash('sha256').update(text).digest('hex') as Digest;
}

/** Fact keys that a text reads: `facts.<key>`. A gate covers their values. */
function factsOfText({ body }: LibraryText): readonly string[] {
  return [...body.matchAll(/\bfacts\.([a-zA-Z]+)/g)].map((match) => match[1]!);
}

/** Where an inlined playbook stands. */
interface ScopePlace {
  /** `''` is the root. */
  readonly id: string;
  readonly parent?: string;
  readonly inputs?: Json;
}

/** Compiles one playbook of the library, and inlines those that it runs. */
class Compilation {
  readonly documents: Record<Digest, CompiledPlan['documents'][Digest]> = {};
  readonly scopes: PlanScope[] = [];
  readonly steps: PlanStep[] = [];
  readonly limits: Record<string, PlanLimit> = {};
  readonly amendments: Record<string, PlanAmendment> = {};
  readonly #library: Library;
  readonly #surroundings: Surroundings;
  readonly #reads = new Map<string, readonly StepReads[]>();

  constructor(library: Library, surroundings: Surroundings) {
    this.#library = library;
    this.#surroundings = surroundings;
  }

  /** Adds a playbook as a scope; the same playbook may stand in several. */
  add(loaded: LoadedPlaybook, place: ScopePlace): void {
    const { playbook } = loaded;
    const { id, parent, inputs } = place;
    const inside = (local: string): string => (id === '' ? local : `${id}/${local}`);
    const reads = this.#readsOf(loaded);
    const schema = canonicalJson(playbook.inputs ?? { type: 'object', additionalProperties: false });
    this.scopes.push({
      id,
      playbook: loaded.name,
      version: playbook.metadata.version,
      inputsSchema: this.#document('schema', `${loaded.name}.inputs`, schema),
      ...(parent === undefined ? {} : { parent }),
      ...(inputs === undefined ? {} : { inputs: templateOf(inputs) }),
    });
    for (const [action, limit] of Object.entries(playbook.limits ?? {}))
      this.limits[action] = stricter(this.limits[action], limit);
    for (const [name, amendment] of Object.entries(playbook.amendments ?? {})) {
      const of = inside(amendmentTarget(playbook.steps, amendment) as string); // lint refused everything else
      this.amendments[inside(name)] = { of, approval: approvalOf(amendment.approval) };
    }
    playbook.steps.forEach((step, index) => {
      if (this.steps.length >= STEPS_MAX)
        throw new CodedError('PLAYBOOK_PLAN_TOO_LARGE', `the plan has more than ${STEPS_MAX} steps`);
      this.steps.push(this.#step(loaded, step, index, id, reads[index]!));
      const child = runsPlaybook(step);
      if (child !== undefined)
        this.add(findPlaybook(this.#library, child), {
          id: inside(step.id),
          parent: id,
          inputs: step.with?.inputs ?? {},
        });
    });
  }

  /** Lints a playbook once, however often it is run. */
  #readsOf(loaded: LoadedPlaybook): readonly StepReads[] {
    const known = this.#reads.get(loaded.name);
    if (known) return known;
    refuseErrors(lintPlaybook(loaded, this.#library, this.#surroundings));
    const { catalogue } = this.#surroundings;
    const { reads } = checkExpressions(loaded, { catalogue, playbooks: this.#library.playbooks });
    this.#reads.set(loaded.name, reads);
    return reads;
  }

  #document(kind: 'text' | 'schema', name: string, body: string): Digest {
    const hash = sha256(body);
    this.documents[hash] ??= { kind, name, body };
    return hash;
  }

  #step(loaded: LoadedPlaybook, step: StepSource, index: number, scope: string, reads: StepReads): PlanStep {
    const action = this.#surroundings.catalogue.get(step.uses)!;
    const inside = (local: string): string => (scope === '' ? local : `${scope}/${local}`);
    const connector = this.#surroundings.connectors?.(step.uses)?.name;
    const texts = textsOf(step, this.#library);
    const facts = new Set([...reads.facts, ...texts.flatMap(factsOfText)]);
    return {
      id: inside(step.id),
      scope,
      uses: step.uses,
      shape: action.shape,
      title: step.title ?? action.title,
      queue: action.queue,
      needs: needsOf(loaded.playbook, index).map((need) => ({ ...need, step: inside(need.step) })),
      reads: [...reads.steps].sort().map(inside),
      readsFacts: [...facts].sort() as FactKey[],
      with: withOf(step),
      ...timingOf(step, action),
      onFailure: step.onFailure ?? 'ask',
      onUnknown: step.onUnknown ?? 'report',
      texts: Object.fromEntries(texts.map((text) => [textKey(text), this.#document('text', textKey(text), text.body)])),
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

/**
 * Compiles a playbook of the library to the plan that the engine interprets.
 *
 * The same library, catalogue and configuration give the same plan, byte for byte; its hash names it. What a playbook runs
 * is inlined, so a plan is pinned whole; the stricter of two limits on one action counts.
 *
 * @throws PLAYBOOK_UNKNOWN; PLAYBOOK_INVALID with every error of the first playbook that has one; PLAYBOOK_PLAN_TOO_LARGE.
 */
export function compilePlaybook(name: string, library: Library, surroundings: Surroundings): CompiledPlan {
  const loaded = findPlaybook(library, name);
  const compilation = new Compilation(library, surroundings);
  compilation.add(loaded, { id: '' });
  const { metadata, roles = {} } = loaded.playbook;
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
    limits: compilation.limits,
    amendments: compilation.amendments,
    scopes: compilation.scopes,
    steps: compilation.steps,
  };
  const canonical = canonicalJson(plan);
  const bytes = Buffer.byteLength(canonical);
  if (bytes > CONTROL_MAX_BYTES)
    throw new CodedError(
      'PLAYBOOK_PLAN_TOO_LARGE',
      `the plan of ${name} has ${bytes} bytes; ${CONTROL_MAX_BYTES} at most`,
    );
  return { plan: JSON.parse(canonical) as Plan, planHash: sha256(canonical), documents: compilation.documents };
}
