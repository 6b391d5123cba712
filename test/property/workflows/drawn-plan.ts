import fc from 'fast-check';
import { byCommander, planOf, type StepSketch } from '../../support/plan-sketch.ts';
import type { Plan, PlanStep } from '../../../contracts/plan.ts';

/** How a step's activity ends, whatever else happens. */
export type Ending = 'succeeded' | 'partial' | 'failed';

/** A plan with everything that the outside and the people will do. */
export interface Drawn {
  readonly plan: Plan;
  /** Ending of each visit by step; the last one counts for all later visits. */
  readonly endings: Readonly<Record<string, readonly Ending[]>>;
  /** What a person says at each gate. */
  readonly says: Readonly<Record<string, 'approve' | 'reject'>>;
  /** What a person decides on each failure. */
  readonly decides: Readonly<Record<string, 'retry' | 'skip' | 'mark-done'>>;
  /** How many people have to say yes at each gate. */
  readonly quorums: Readonly<Record<string, 1 | 2>>;
}

interface DrawnStep {
  readonly kind: 'read' | 'act' | 'page' | 'person';
  readonly needs: readonly number[];
  readonly isGated: boolean;
  readonly quorum: 1 | 2;
  readonly when: 'always' | 'never' | 'by-count';
  readonly onFailure: PlanStep['onFailure'];
  readonly endings: readonly Ending[];
  readonly says: 'approve' | 'reject';
  readonly decides: 'retry' | 'skip' | 'mark-done';
}

const ending = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Ending>('succeeded') },
  { weight: 1, arbitrary: fc.constant<Ending>('partial') },
  { weight: 2, arbitrary: fc.constant<Ending>('failed') },
);

const drawnStep: fc.Arbitrary<DrawnStep> = fc.record({
  kind: fc.constantFrom('read', 'act', 'page', 'person'),
  needs: fc.uniqueArray(fc.nat(20), { maxLength: 3 }),
  isGated: fc.boolean(),
  quorum: fc.constantFrom(1, 1, 2),
  when: fc.constantFrom('always', 'always', 'always', 'never', 'by-count'),
  onFailure: fc.constantFrom('continue', 'ask'), // halt and stop are excluded: they are decisions about time
  endings: fc.array(ending, { minLength: 1, maxLength: 2 }).map((drawn) => [...drawn, 'succeeded' as const]),
  says: fc.constantFrom('approve', 'approve', 'approve', 'reject'),
  decides: fc.constantFrom('retry', 'skip', 'mark-done'),
});

/** Plans of 2 to 12 steps, each needing earlier ones only, with their outside and their people. */
export const drawnPlan: fc.Arbitrary<Drawn> = fc.array(drawnStep, { minLength: 2, maxLength: 12 }).map((steps) => {
  const sketches = steps.map((step, index) => sketchOf(step, index));
  const byId = <Value>(pick: (step: DrawnStep) => Value): Record<string, Value> =>
    Object.fromEntries(steps.map((step, index) => [`s${index}`, pick(step)]));
  const close: StepSketch = { id: 'close', uses: 'incident.close', needs: sketches.map(({ id }) => id) };
  return {
    plan: planOf([...sketches, close]),
    endings: { ...byId(({ endings }) => endings), close: ['succeeded'] },
    says: byId(({ says }) => says),
    decides: byId(({ decides }) => decides),
    quorums: byId(({ quorum }) => quorum),
  };
});

function sketchOf({ kind, needs, isGated, quorum, when, onFailure }: DrawnStep, index: number): StepSketch {
  const id = `s${index}`;
  const earlier =
    index === 0 ? [] : [...new Set(needs.map((need) => need % index))].sort((left, right) => left - right);
  const reads = earlier.slice(0, 1).map((need) => `s${need}`);
  const [read] = reads;
  const acts = kind === 'act' || kind === 'page';
  return {
    id,
    uses: { read: 'credentials.list', act: 'tickets.open', page: 'credentials.revoke', person: 'manual' }[kind],
    needs: earlier.map((need) => `s${need}`),
    reads: when === 'by-count' || kind === 'page' ? reads : [],
    onFailure,
    with: kind === 'person' ? { of: 'commander', text: 'by-hand' } : kind === 'read' ? { from: 'secrets-store' } : {},
    ...(when === 'never' ? { when: 'false' } : {}),
    ...(when === 'by-count' && read !== undefined
      ? { when: `has(steps.${read}.count) && steps.${read}.count > 2` }
      : {}),
    ...(kind === 'page' ? { forEach: read === undefined ? 'inputs.targets' : `steps.${read}.dataset` } : {}),
    ...(acts && isGated ? { approval: byCommander({ quorum }) } : {}),
  };
}
