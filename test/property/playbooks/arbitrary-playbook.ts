import fc from 'fast-check';
import type { StepData } from '../../unit/playbooks/builders.ts';

/** What a step may be drawn as, given the steps before it that hold datasets of credentials. */
interface Drawn {
  readonly kind: number;
  /** Bits: which of the steps before it are needed. */
  readonly needs: number;
  readonly pick: number;
  readonly guarded: boolean;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.nat(7),
  needs: fc.nat(1023),
  pick: fc.nat(9),
  guarded: fc.boolean(),
});

const approval = { any: ['commander'], within: 'PT15M' };

/** A valid step of a kind, reading a dataset of a step before it where there is one, else that of the inputs. */
function stepOf({ kind, needs, pick, guarded }: Drawn, index: number, datasets: readonly string[]): StepData {
  const id = `s${index}`;
  const source = datasets.length === 0 ? undefined : datasets[pick % datasets.length]!;
  const dataset = source === undefined ? '${{ inputs.targets }}' : `\${{ steps.${source}.dataset }}`;
  const others = Array.from({ length: Math.min(index, 10) }, (_, bit) => `s${index - 1 - bit}`).filter(
    (_, bit) => (needs >> bit) & 1,
  );
  const base = {
    id,
    needs: [...new Set([...(source === undefined ? [] : [source]), ...others])],
    ...(guarded ? { when: "${{ inputs.store != '' && !has(facts.scopeFinal) }}" } : {}),
  };
  switch (kind) {
    case 0:
      return {
        ...base,
        uses: 'credentials.list',
        with: { from: dataset, split: { service: "${{ item.kind == 'service' }}" } },
      };
    case 1:
      return {
        ...base,
        uses: 'credentials.revoke',
        forEach: dataset,
        approval,
        rollout: { canary: 5, first: ['misused'] },
      };
    case 2:
      return { ...base, uses: 'credentials.verify', forEach: dataset, within: 'PT30M' };
    case 3:
      return { ...base, uses: 'evidence.snapshot', with: { of: dataset, include: ['scopes'] } };
    case 4:
      return {
        ...base,
        uses: 'chat.topic',
        with: { text: 'Store ${{ inputs.store }} of ${{ incident.id }}' },
        onFailure: 'continue',
      };
    case 5:
      return { ...base, uses: 'manual', with: { of: 'commander', text: 'close-entry', due: 'PT2H' } };
    case 6:
      return { ...base, uses: 'facts.ask', with: { of: 'privacy', keys: ['awareAt', 'residents'] } };
    default:
      return { ...base, uses: 'incident.report', retry: { max: 3, first: 'PT1S' } };
  }
}

/** Playbooks that keep every rule: up to twelve steps, each needing and reading only steps before it. */
export const arbitrarySteps: fc.Arbitrary<readonly StepData[]> = fc
  .array(drawn, { minLength: 1, maxLength: 12 })
  .map((all) => {
    const datasets: string[] = [];
    return all.map((one, index) => {
      const step = stepOf(one, index, datasets);
      if (step.uses === 'credentials.list' && step['when'] === undefined) datasets.push(step.id);
      return step;
    });
  });

/** The same value with the keys of every mapping in another order; the parts of a `split` keep theirs. */
export function shuffled(value: unknown, next: () => number): unknown {
  if (Array.isArray(value)) return value.map((member) => shuffled(member, next));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    ([key, member]) => [key, key === 'split' ? member : shuffled(member, next), next()] as const,
  );
  return Object.fromEntries(entries.sort((left, right) => left[2] - right[2]).map(([key, member]) => [key, member]));
}
