import { createHash } from 'node:crypto';
import { actionCatalogue } from '../../contracts/catalogue.ts';
import { canonicalJson } from '../../contracts/json.ts';
import type { Approval, Plan, PlanAmendment, PlanScope, PlanStep } from '../../contracts/plan.ts';
import type { DatasetRef } from '../../contracts/dataset.ts';
import type { Digest } from '../../contracts/ids.ts';

/** SHA-256 of a value's canonical form. */
export function digestOf(value: unknown): Digest {
  return createHash('sha256').update(canonicalJson(value)).digest('hex') as Digest;
}

/** A reference to a dataset of that many targets. */
export function datasetOf(count: number, name = 'targets'): DatasetRef {
  return { id: `ds-${name}`, kind: 'credentials', count, digest: digestOf({ name, count }) };
}

/** What a test says of a step; the rest comes from the catalogue, as the compiler would fill it in. */
export type StepSketch = Pick<PlanStep, 'id' | 'uses'> &
  Partial<Omit<PlanStep, 'needs'>> & { readonly needs?: readonly (string | PlanStep['needs'][number])[] };

/** Approval by one commander within 15 minutes, then escalation. */
export function byCommander(overrides: Partial<Approval> = {}): Approval {
  return { rule: 'any', roles: ['commander'], quorum: 1, withinMs: 15 * 60_000, onExpiry: 'escalate', ...overrides };
}

function step(sketch: StepSketch): PlanStep {
  const action = actionCatalogue.get(sketch.uses);
  if (!action) throw new Error(`${sketch.uses} is not in the catalogue`);
  const scope = sketch.id.includes('/') ? sketch.id.slice(0, sketch.id.lastIndexOf('/')) : '';
  return {
    scope,
    shape: action.shape,
    title: `Step ${sketch.id}`,
    queue: action.queue,
    reads: [],
    readsFacts: [],
    with: {},
    timeoutMs: 10_000,
    retry: { max: 2, firstMs: 50, factor: 2, capMs: 1_000 },
    onFailure: 'ask',
    onUnknown: 'report',
    texts: {},
    tags: [],
    ...(action.shape === 'page' ? { rollout: { first: [], canary: 0, page: 500, window: 4 } } : {}),
    ...sketch,
    needs: (sketch.needs ?? []).map((need) => (typeof need === 'string' ? { step: need } : need)),
  };
}

/** A plan out of sketches, in declaration order. */
export function planOf(
  steps: readonly StepSketch[],
  extra: {
    readonly scopes?: readonly Omit<PlanScope, 'version' | 'inputsSchema'>[];
    readonly amendments?: Readonly<Record<string, PlanAmendment>>;
  } = {},
): Plan {
  const scope = (given: Omit<PlanScope, 'version' | 'inputsSchema'>): PlanScope => ({
    version: 1,
    inputsSchema: digestOf(given.id),
    ...given,
  });
  return {
    format: 1,
    playbook: { name: 'drawn-up', title: 'Drawn up for a test', version: 1, tlp: 'AMBER', tags: {} },
    roles: {
      commander: { title: 'Incident commander', required: true },
      privacy: { title: 'Privacy counsel', required: true },
      platform: { title: 'Platform owner', required: false },
    },
    limits: {},
    amendments: extra.amendments ?? {},
    scopes: [scope({ id: '', playbook: 'drawn-up' }), ...(extra.scopes ?? []).map(scope)],
    steps: steps.map(step),
  };
}
