import { CodedError } from '../contracts/errors.ts';
import type { JsonObject } from '../contracts/json.ts';
import { checkInputs } from '../playbooks/check-inputs.ts';
import type { IncidentRow } from '../ledger/ports.ts';
import type { GatewayDeps } from './deps.ts';

/**
 * Checks what a part of the plan is to be run on against the schema that was pinned with it.
 *
 * An amendment that the plan does not declare is left to the engine, which refuses it.
 *
 * @throws PLAYBOOK_INPUTS_INVALID with every fault.
 */
export async function checkAmendmentInputs(
  { ledger }: Pick<GatewayDeps, 'ledger'>,
  { planHash }: Pick<IncidentRow, 'planHash'>,
  run: string,
  inputs: JsonObject,
): Promise<void> {
  const compiled = await ledger.documents.getPlan(planHash);
  const amendments = compiled?.plan.amendments ?? {};
  const amendment = Object.hasOwn(amendments, run) ? amendments[run] : undefined;
  const scope = compiled?.plan.scopes.find(({ id }) => id === amendment?.of);
  const schema = scope && compiled?.documents[scope.inputsSchema];
  if (!schema) return;
  const faults = checkInputs(JSON.parse(schema.body) as JsonObject, inputs);
  if (faults.length === 0) return;
  const said = faults.map(({ pointer, message }) => `${pointer || '/'}: ${message}`);
  throw new CodedError('PLAYBOOK_INPUTS_INVALID', `${scope.playbook} takes other inputs: ${said.join('; ')}`);
}
