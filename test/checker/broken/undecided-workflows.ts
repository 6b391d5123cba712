import { incident as sound } from '../../../workflows/incident.ts';
import type { IncidentInput, IncidentResult } from '../../../contracts/messages.ts';

export { obligation } from '../../../workflows/obligation.ts';
export { outlasting } from '../../../workflows/outlasting.ts';
export { probe } from '../../../workflows/probe.ts';
export { rollout } from '../../../workflows/rollout.ts';

/** The real incident, but for the decisions: it asks nobody. */
export async function incident(input: IncidentInput): Promise<IncidentResult> {
  const steps = input.plan.steps.map(({ approval: _asked, preauthorised: _signed, ...step }) => step);
  return sound({ ...input, plan: { ...input.plan, steps } });
}
