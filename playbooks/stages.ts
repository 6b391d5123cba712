import type { Plan, PlanStep } from '../contracts/plan.ts';

/** Where a step stands in the order of a plan, counted in stages from 1. */
export interface Stages {
  /** Stage in which it may start. */
  readonly starts: number;
  /** Stage in which its gate may open: as soon as what it shows is known, which may be before it may start. */
  readonly opens: number;
  /** Stage in which it, and all that it runs, may have ended. */
  readonly ends: number;
}

/** The stages of every step: the longest chain of steps before it. Steps of one stage do not wait for each other. */
export function stagesOf({ steps }: Plan): ReadonlyMap<string, Stages> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const known = new Map<string, Stages>();
  const of = (step: PlanStep): Stages => {
    const before = known.get(step.id);
    if (before) return before;
    const holder = byId.get(step.scope);
    const floor = holder ? startOf(holder) : 1; // an inner step starts no earlier than the step that runs its playbook
    const after = (ids: readonly string[]): number =>
      ids.reduce((latest, id) => Math.max(latest, of(byId.get(id)!).ends + 1), floor);
    const starts = after(step.needs.map((need) => need.step));
    const opens = Math.min(starts, after(step.reads));
    known.set(step.id, { starts, opens, ends: starts });
    const inside = step.shape === 'scope' ? steps.filter(({ scope }) => scope === step.id) : [];
    const stages = { starts, opens, ends: inside.reduce((latest, inner) => Math.max(latest, of(inner).ends), starts) };
    known.set(step.id, stages);
    return stages;
  };
  const startOf = (holder: PlanStep): number => (known.get(holder.id) ?? of(holder)).starts;
  for (const step of steps) of(step);
  return known;
}
