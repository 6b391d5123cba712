import { createHash } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { actionCatalogue } from '../contracts/catalogue.ts';
import { CodedError } from '../contracts/errors.ts';
import { canonicalJson, type JsonObject } from '../contracts/json.ts';
import { incidentWorkflowId, type Digest, type IncidentId } from '../contracts/ids.ts';
import { ENGINE_VERSION, type IncidentInput } from '../contracts/messages.ts';
import { taskQueues } from '../contracts/queues.ts';
import type { CompiledPlan, Plan } from '../contracts/plan.ts';
import type { Mode } from '../contracts/effects.ts';
import { checkInputs } from '../playbooks/check-inputs.ts';
import { compilePlaybook } from '../playbooks/compile.ts';
import { findPlaybook } from '../playbooks/library.ts';
import type { GatewayDeps } from './deps.ts';
import type { Identity } from './auth/identity.ts';

/** Request to start an incident, or to join the one that the same key started. */
export interface StartRequest {
  readonly playbook: string;
  readonly inputs: JsonObject;
  readonly mode: Mode;
  /** Who holds which role; roles that are left out are bound from on-call schedules and the file of people. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly key: string;
}

function bindRoles(
  plan: Plan,
  given: StartRequest['roles'],
  { people, oncall }: GatewayDeps,
): Record<string, readonly string[]> {
  const known = new Set(people.map(({ id }) => id));
  const stranger = Object.values(given)
    .flat()
    .find((id) => !known.has(id));
  if (stranger !== undefined) throw new CodedError('GATEWAY_PERSON_UNKNOWN', `there is no person ${stranger}`);
  const undeclared = Object.keys(given).find((role) => role !== 'admin' && !plan.roles[role]);
  if (undeclared !== undefined)
    throw new CodedError('GATEWAY_ROLE_UNKNOWN', `${plan.playbook.name} declares no role ${undeclared}`);
  const holders = (role: string): readonly string[] =>
    people.filter(({ roles }) => roles.includes(role)).map(({ id }) => id);
  const bound: Record<string, readonly string[]> = { admin: given.admin ?? holders('admin') };
  for (const [role, { from, required }] of Object.entries(plan.roles)) {
    const scheduled = from === undefined ? [] : (oncall[from.slice('oncall:'.length)] ?? []);
    bound[role] = given[role] ?? [
      ...new Set([...scheduled.filter((id) => holders(role).includes(id)), ...holders(role)]),
    ];
    if (required && bound[role].length === 0) throw new CodedError('GATEWAY_ROLE_UNBOUND', `nobody holds ${role}`);
  }
  return bound;
}

function checkKey({ key }: Identity, { playbook, mode }: StartRequest): void {
  if (key.playbooks && !key.playbooks.includes(playbook))
    throw new CodedError('GATEWAY_FORBIDDEN', `the key ${key.name} may not start ${playbook}`);
  if (key.modes && !key.modes.includes(mode))
    throw new CodedError('GATEWAY_FORBIDDEN', `the key ${key.name} may not start in mode ${mode}`);
}

/** Starts the workflow of an incident; one that runs already is the same one. @throws GATEWAY_ENGINE_AWAY */
async function startWorkflow(
  { client, ledger }: GatewayDeps,
  incident: IncidentId,
  compiled: CompiledPlan,
): Promise<void> {
  const row = await ledger.incidents.read(incident);
  if (!row) throw new CodedError('INCIDENT_UNKNOWN', `there is no incident ${incident}`);
  const input: IncidentInput = {
    incident,
    mode: row.mode,
    engineVersion: ENGINE_VERSION,
    plan: compiled.plan,
    planHash: compiled.planHash,
    inputs: row.inputs,
    requester: row.requester,
    roles: row.roles,
  };
  try {
    await client.workflow.start('incident', {
      workflowId: incidentWorkflowId(incident),
      taskQueue: taskQueues.engine,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `${incident}: ${compiled.plan.playbook.title}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/**
 * Starts an incident, or joins the one that the same idempotency key started. Safe to repeat at any point: the ledger maps
 * the key to one incident, and the workflow is started under its id.
 *
 * @throws PLAYBOOK_UNKNOWN, PLAYBOOK_INVALID, PLAYBOOK_INPUTS_INVALID, GATEWAY_ codes, INCIDENT_KEY_REUSED.
 */
export async function startIncident(
  deps: GatewayDeps,
  identity: Identity,
  request: StartRequest,
): Promise<{ readonly incident: IncidentId; readonly joined: boolean; readonly planHash: Digest }> {
  checkKey(identity, request);
  const { playbook: name, inputs, mode, roles, key } = request;
  const loaded = findPlaybook(deps.library, name);
  const faults = checkInputs(loaded.playbook.inputs ?? { type: 'object', additionalProperties: false }, inputs);
  if (faults.length > 0) {
    throw new CodedError(
      'PLAYBOOK_INPUTS_INVALID',
      faults.map(({ pointer, message }) => `${pointer || '/'}: ${message}`).join('; '),
    );
  }
  const compiled = compilePlaybook(name, deps.library, {
    catalogue: actionCatalogue,
    connectors: (action) => deps.traits(action),
    today: deps.today(),
  });
  const bound = bindRoles(compiled.plan, roles, deps);
  await deps.ledger.documents.putPlan(compiled);
  const requestHash = createHash('sha256').update(canonicalJson({ name, inputs, mode, roles })).digest('hex') as Digest;
  const { incident, joined } = await deps.ledger.incidents.open({
    key,
    requestHash,
    mode,
    playbook: name,
    planHash: compiled.planHash,
    requester: identity.id,
    inputs,
    roles: bound,
  });
  const row = await deps.ledger.incidents.read(incident);
  const pinned = joined && row ? await deps.ledger.documents.getPlan(row.planHash) : compiled;
  if (!joined)
    for (const [action, { max }] of Object.entries(compiled.plan.limits))
      if (max !== undefined) await deps.ledger.effects.setLimit(incident, action, max);
  await startWorkflow(deps, incident, pinned ?? compiled);
  return { incident, joined, planHash: (pinned ?? compiled).planHash };
}
