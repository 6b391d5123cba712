import { CodedError } from '../../contracts/errors.ts';
import { gateParts } from '../../contracts/decision-proof.ts';
import type { IncidentRow } from '../../ledger/ports.ts';
import type { GatewayDeps } from '../deps.ts';
import { readStatus } from '../incident-view.ts';

/**
 * Whether a gate asks for a signature of each person's own key. The engine is asked only where the plan has such gates.
 *
 * @throws GATEWAY_ENGINE_AWAY where it has, and the engine does not say how many targets the gate shows.
 */
export async function asksForFactor(
  deps: GatewayDeps,
  { incident, planHash }: Pick<IncidentRow, 'incident' | 'planHash'>,
  gate: string,
): Promise<boolean> {
  const steps = (await deps.ledger.documents.getPlan(planHash))?.plan.steps ?? [];
  if (gateParts(gate) === undefined || steps.every(({ approval }) => approval?.secondFactorAbove === undefined))
    return false;
  const { gates, source } = await readStatus(deps, incident);
  if (source === 'ledger') throw new CodedError('GATEWAY_ENGINE_AWAY', `what gate ${gate} asks for cannot be read`);
  return gates.find(({ id }) => id === gate)?.secondFactor === true;
}
