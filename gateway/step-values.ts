import { isKnownFact, refuseFactValue } from './fact-door.ts';
import type { GatewayDeps } from './deps.ts';
import type { IncidentRow } from '../ledger/ports.ts';
import type { JsonObject } from '../contracts/json.ts';

const ROUND = /^\d+$/; // `round/2/contain` is the second round's instance of the plan's `round/contain`

/**
 * Refuses the value that a person gives for the fact of a step by hand (`sets`) where the fact cannot have it.
 *
 * @param step - instance id; one that the plan does not know is left to the engine, which refuses it.
 * @throws GATEWAY_BODY_INVALID
 */
export async function refuseStepValue(
  { ledger }: Pick<GatewayDeps, 'ledger'>,
  { planHash }: Pick<IncidentRow, 'planHash'>,
  step: string,
  values: JsonObject,
): Promise<void> {
  const { value } = values;
  if (value === undefined) return;
  const steps = (await ledger.documents.getPlan(planHash))?.plan.steps ?? [];
  const inPlan = step
    .split('/')
    .filter((part) => !ROUND.test(part))
    .join('/');
  const node = steps.find(({ id }) => id === step) ?? steps.find(({ id }) => id === inPlan);
  const sets = (node?.with as JsonObject | undefined)?.['sets'];
  if (typeof sets === 'string' && isKnownFact(sets)) refuseFactValue(sets, value);
}
