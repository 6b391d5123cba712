import { createHash } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { START_UPLOAD, type GivenCredential, type Started } from '../contracts/api.ts';
import { CodedError } from '../contracts/errors.ts';
import { canonicalJson, type JsonObject } from '../contracts/json.ts';
import type { Digest, IncidentId } from '../contracts/ids.ts';
import { ENGINE_VERSION, type IncidentInput } from '../contracts/messages.ts';
import type { CompiledPlan } from '../contracts/plan.ts';
import type { Mode } from '../contracts/effects.ts';
import { checkInputs } from '../playbooks/check-inputs.ts';
import { unreachableGates } from '../playbooks/unreachable-gates.ts';
import { findPlaybook } from '../playbooks/library.ts';
import type { IncidentRow } from '../ledger/ports.ts';
import { bindRoles } from './bind-roles.ts';
import { whenFaults } from './when-in-time.ts';
import { compileFor } from './compile-for.ts';
import { credentialLeaks } from './leaks.ts';
import { workflowOptions } from './workflow-options.ts';
import type { GatewayDeps } from './deps.ts';
import type { Identity } from './auth/identity.ts';
import { refuseBeyondKey } from './auth/key-limits.ts';

const START_WITHIN_MS = 5_000; // the caller is told to repeat rather than kept waiting

/** Request to start an incident, or to join the one that the same key started. */
export interface StartRequest {
  readonly playbook: string;
  readonly inputs: JsonObject;
  readonly mode: Mode;
  /** Who holds which role; roles that are left out are bound from on-call schedules and the file of people. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly credentials: readonly GivenCredential[];
  /** Idempotency key. */
  readonly key: string;
}

/**
 * The inputs with `upload` filled in where credentials came along.
 *
 * @throws GATEWAY_CREDENTIALS_UNWANTED, GATEWAY_CREDENTIALS_MISSING, PLAYBOOK_INPUTS_INVALID
 */
function completeInputs(schema: JsonObject, { inputs, credentials, playbook }: StartRequest): JsonObject {
  const { upload } = (schema.properties ?? {}) as JsonObject;
  if (upload === undefined && credentials.length > 0)
    throw new CodedError('GATEWAY_CREDENTIALS_UNWANTED', `${playbook} has no input \`upload\``);
  if (upload !== undefined && credentials.length === 0)
    throw new CodedError('GATEWAY_CREDENTIALS_MISSING', `${playbook} works on credentials that come with its start`);
  const completed = upload === undefined ? inputs : { ...inputs, upload: START_UPLOAD };
  const faults = checkInputs(schema, completed).map(({ pointer, message }) => `${pointer || '/'}: ${message}`);
  const said = faults.length > 0 ? faults : whenFaults(schema, completed, Date.now());
  if (said.length > 0) throw new CodedError('PLAYBOOK_INPUTS_INVALID', said.join('; '));
  return completed;
}

/** Hash of what was asked; of a credential only its keyed fingerprint goes in. */
function hashRequest({ ledger }: GatewayDeps, request: StartRequest): Digest {
  const { playbook, inputs, mode, roles, credentials } = request;
  const given = credentials.map(({ value, ...rest }) => ({
    ...rest,
    fingerprint: ledger.incidents.fingerprint(value),
  }));
  const asked = canonicalJson({ playbook, inputs, mode, roles, credentials: given });
  return createHash('sha256').update(asked).digest('hex') as Digest;
}

/** Seals what came along, once; this process cannot open it again. */
async function depositCredentials(
  { ledger }: GatewayDeps,
  { incident, requester }: IncidentRow,
  credentials: readonly GivenCredential[],
): Promise<void> {
  if (credentials.length === 0) return;
  const rows = credentials.map((given) => ({
    subject: ledger.incidents.fingerprint(given.value),
    attributes: { issuer: given.issuer ?? 'own' },
    sealed: { ...given },
  }));
  const owner = { incident, step: START_UPLOAD, visit: 1 };
  const { dataset } = await ledger.datasets.deposit(owner, { dataset: { kind: 'credentials', rows } });
  const { id, count, digest } = dataset!;
  const body = { step: START_UPLOAD, visit: 1, dataset: { id, count, digest } };
  await ledger.journal.append(incident, [
    { key: `dataset:${START_UPLOAD}#1`, kind: 'dataset', actor: requester, body },
  ]);
}

/** Starts the workflow of an incident; one that runs, or has run, is the same one. @throws GATEWAY_ENGINE_AWAY */
async function startWorkflow({ client }: GatewayDeps, input: IncidentInput): Promise<void> {
  try {
    await client.withDeadline(Date.now() + START_WITHIN_MS, () =>
      client.workflow.start('incident', workflowOptions(input)),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** What the workflow of an incident is told. */
async function inputOf(
  { anchorStart, heartbeatTimeoutMs }: GatewayDeps,
  { incident, mode, inputs, requester, roles, engineVersion }: IncidentRow,
  { plan, planHash }: CompiledPlan,
  isNew: boolean,
): Promise<IncidentInput> {
  return {
    ...{ incident, mode, plan, planHash, inputs, requester, roles, engineVersion },
    ...(heartbeatTimeoutMs === undefined ? {} : { heartbeatTimeoutMs }),
    ...(isNew && (await anchorStart(incident)) ? { isAnchored: true } : {}),
  };
}

/** The plan that an incident is pinned to: of a joined one, what it was opened with, whatever the library says now. */
async function pinnedPlan(
  { ledger }: GatewayDeps,
  { planHash }: IncidentRow,
  compiled: CompiledPlan,
): Promise<CompiledPlan> {
  if (planHash === compiled.planHash) return compiled;
  const stored = await ledger.documents.getPlan(planHash);
  if (!stored) throw new CodedError('DOCUMENT_UNKNOWN', `the plan ${planHash} is not stored any more`);
  return stored;
}

async function setLimits({ ledger }: GatewayDeps, incident: IncidentId, { plan }: CompiledPlan): Promise<void> {
  for (const [action, { max }] of Object.entries(plan.limits))
    if (max !== undefined) await ledger.effects.setLimit(incident, action, max);
}

/**
 * Starts the workflow of an incident that was opened: one that waited to be released, or whose start broke off.
 *
 * @param credentials - sealed where none were yet.
 * @throws DOCUMENT_UNKNOWN, GATEWAY_ENGINE_AWAY
 */
export async function launchIncident(
  deps: GatewayDeps,
  row: IncidentRow,
  credentials: readonly GivenCredential[] = [],
): Promise<void> {
  const plan = await deps.ledger.documents.getPlan(row.planHash);
  if (!plan) throw new CodedError('DOCUMENT_UNKNOWN', `the plan ${row.planHash} is not stored any more`);
  await setLimits(deps, row.incident, plan);
  await depositCredentials(deps, row, credentials);
  await startWorkflow(deps, await inputOf(deps, row, plan, false));
}

/**
 * Starts an incident, or joins the one that the same idempotency key started. Safe to repeat at any point: the ledger maps
 * the key to one incident, everything after is done once an incident, and the workflow is started under its id.
 *
 * @param isHeld - it is opened and nothing runs until {@link launchIncident}; a joined one waits, or runs, as it was opened.
 * @throws PLAYBOOK_UNKNOWN, PLAYBOOK_INVALID, PLAYBOOK_INPUTS_INVALID, GATEWAY_ codes, INCIDENT_KEY_REUSED; INCIDENT_OPEN_ALREADY
 * where an open incident is about one of the credentials: one leak is one run, whichever door was first.
 */
export async function startIncident(
  deps: GatewayDeps,
  identity: Identity,
  request: StartRequest,
  isHeld = false,
): Promise<Started> {
  refuseBeyondKey(identity, request);
  const { playbook, mode, key, credentials } = request;
  const loaded = findPlaybook(deps.library, playbook);
  const schema = loaded.playbook.inputs ?? { type: 'object', additionalProperties: false };
  const inputs = completeInputs(schema, request);
  const compiled = compileFor(deps, playbook);
  const roles = bindRoles(compiled.plan, request.roles, deps);
  const unreachable = mode === 'preview' ? [] : unreachableGates(compiled.plan, roles, identity.id);
  if (unreachable.length > 0) throw new CodedError('GATEWAY_GATE_UNREACHABLE', unreachable.join('; '));
  await deps.ledger.documents.putPlan(compiled);
  const { incident, joined, row } = await deps.ledger.incidents.open({
    ...{ key, mode, playbook, inputs, roles },
    requestHash: hashRequest(deps, request),
    planHash: compiled.planHash,
    ...{ requester: identity.id, engineVersion: ENGINE_VERSION },
    about: { keys: credentialLeaks(deps.ledger, mode, credentials), isHeld },
  });
  const pinned = await pinnedPlan(deps, row, compiled);
  if (row.closedAt === undefined) {
    await setLimits(deps, incident, pinned);
    await depositCredentials(deps, row, credentials);
    if (!row.held) await startWorkflow(deps, await inputOf(deps, row, pinned, !joined));
  }
  return { incident, joined, planHash: pinned.planHash };
}
