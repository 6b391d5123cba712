import type { GivenCredential, Started } from '../contracts/api.ts';
import { CodedError } from '../contracts/errors.ts';
import { isStepId } from '../contracts/ids.ts';
import type { Receipt, RolloutMessage } from '../contracts/messages.ts';
import type { IncidentRow } from '../ledger/ports.ts';
import { SIGNATURE } from '../contracts/decision-proof.ts';
import { checkAmendmentInputs } from './amendment-inputs.ts';
import { authorize, authorizeIn, speakAs, type Operation } from './auth/authorize.ts';
import type { Identity } from './auth/identity.ts';
import { signDecision } from './decisions/sign-decision.ts';
import type { GatewayDeps } from './deps.ts';
import { isKnownFact, refuseFactValue, refuseSayer } from './fact-door.ts';
import { Body } from './http/body.ts';
import { sendMessage, type UpdateName } from './incident-messages.ts';
import { incidentOf, readRow } from './incident-view.ts';
import { rolesAsked } from './roles-asked.ts';
import { shown } from './shown.ts';
import { startIncident } from './start-incident.ts';
import { refuseStepValue } from './step-values.ts';

/** A neutral name: role, playbook, template. */
export const NAME = /^[a-z][a-zA-Z0-9-]{0,63}$/;
const GATE = /^[a-z0-9/-]{1,320}#\d{1,6}(?:[a-z0-9:-]{0,40})$/;
const DIGEST = /^[0-9a-f]{64}$/;
const AMENDMENT = /^[a-z0-9-]{1,40}(?:\/[a-z0-9-]{1,40}){0,4}$/; // of an inlined playbook: behind its step's id
const CREDENTIALS_MAX = 500;
const STEPS_MAX = 500; // a plan has no more

/** Who acts, through whichever door, and the key that makes a repeat of the act safe. */
export interface Speaker {
  readonly identity: Identity;
  /** Idempotency key, unique to the act among those of the same identity. */
  readonly key: string;
}

/** What a message holds beside who sends it; `role` finds the role that is spoken in. */
type Compose = (
  role: (wanted: string | undefined, asked?: readonly string[]) => string,
  row: IncidentRow,
) => object | Promise<object>;

/** @throws STEP_UNKNOWN for what cannot be a step's id. */
export function stepOf(text: string): string {
  if (!isStepId(text)) throw new CodedError('STEP_UNKNOWN', 'that is not the id of a step');
  return text;
}

/** Only the members that are there. */
function present(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/**
 * Passes a message on to an incident in the name of who speaks, where that may be.
 *
 * @param operation - right that the act needs.
 * @throws GATEWAY_FORBIDDEN, GATE_REQUESTER, INCIDENT_UNKNOWN; what {@link sendMessage} throws.
 */
export async function pass(
  deps: GatewayDeps,
  { identity, key }: Speaker,
  operation: Operation,
  incident: string,
  name: UpdateName,
  compose: Compose,
): Promise<Receipt> {
  authorize(identity, operation);
  const row = await readRow(deps, incidentOf(incident));
  authorizeIn(row, identity, operation);
  const speak = (wanted: string | undefined, asked: readonly string[] = []): string =>
    speakAs(identity, wanted, { operation, bound: row.roles, asked });
  const said = await compose(speak, row);
  const by = identity.id;
  return sendMessage(deps, row, name, { ...said, by }, { by, key });
}

/** Starts an incident or joins the one of the same key; the body is `StartBody` (contracts/api.ts). */
export async function start(deps: GatewayDeps, { identity, key }: Speaker, asked: unknown): Promise<Started> {
  authorize(identity, 'start');
  const body = new Body(asked, ['playbook', 'inputs', 'mode', 'roles', 'credentials'], ['credentials']);
  return startIncident(deps, identity, {
    playbook: body.text('playbook', NAME),
    inputs: body.object('inputs'),
    mode: body.word('mode', ['live', 'drill', 'preview'], 'live'),
    roles: body.roles('roles'),
    credentials: body.list('credentials', ['value', 'issuer', 'kind', 'name', 'owner'], CREDENTIALS_MAX).map(
      (given) =>
        present({
          value: given.text('value'),
          issuer: given.optionalText('issuer', NAME),
          kind: given.optionalText('kind', NAME),
          name: given.optionalText('name'),
          owner: given.optionalText('owner'),
        }) as GivenCredential,
    ),
    key,
  });
}

/** Decides at a gate; the body is `DecisionBody`. */
export function decide(deps: GatewayDeps, speaker: Speaker, incident: string, asked: unknown): Promise<Receipt> {
  const body = new Body(asked, ['gate', 'digest', 'answer', 'role', 'comment', 'breakGlass', 'signature']);
  return pass(deps, speaker, 'decide', incident, 'decide', async (role, row) => {
    const { gate, answer } = { gate: body.text('gate', GATE), answer: body.word('answer', ['approve', 'reject']) };
    const breakGlass = body.flag('breakGlass');
    const wanted = body.optionalText('role', NAME);
    const asked = breakGlass ? ['admin'] : await rolesAsked(deps, speaker.identity, row, { gate, wanted });
    const said = { gate, digest: body.text('digest', DIGEST), answer, role: role(wanted, asked), breakGlass };
    const signature = body.optionalText('signature', SIGNATURE);
    const { id: person } = speaker.identity;
    const proof = await signDecision(deps, row, { ...said, person, ...(signature === undefined ? {} : { signature }) });
    return { ...said, proof, ...present({ comment: body.optionalText('comment') }) };
  });
}

/** Says a fact; the body is `FactBody`. */
export function addFact(deps: GatewayDeps, speaker: Speaker, incident: string, asked: unknown): Promise<Receipt> {
  const { identity } = speaker;
  const body = new Body(asked, ['key', 'value', 'confidence']);
  const key = body.text('key');
  if (!isKnownFact(key)) throw new CodedError('FACT_UNKNOWN', `there is no fact ${shown(key, 'of that name')}`);
  const value = body.value('value');
  refuseFactValue(key, value);
  const confidence = body.word('confidence', ['proposed', 'stated', 'decided'], 'stated');
  refuseSayer(identity, key, confidence);
  const source = identity.isMachine ? identity.id : 'person';
  return pass(deps, speaker, 'fact', incident, 'addFact', () => ({ key, value, source, confidence }));
}

/** Answers what was asked of people at a step, or decides on a failed one; the body is `ResolutionBody`. */
export function resolveStep(
  deps: GatewayDeps,
  speaker: Speaker,
  incident: string,
  stepId: string,
  asked: unknown,
): Promise<Receipt> {
  const body = new Body(asked, ['answer', 'role', 'values', 'comment']);
  const values = body.object('values');
  for (const [key, value] of Object.entries(values)) if (isKnownFact(key)) refuseFactValue(key, value);
  const step = stepOf(stepId);
  return pass(deps, speaker, 'resolve', incident, 'resolveStep', async (role, row) => {
    await refuseStepValue(deps, row, step, values);
    const wanted = body.optionalText('role', NAME);
    return {
      step,
      answer: body.word('answer', ['done', 'retry', 'skip', 'mark-done', 'stop']),
      role: role(wanted, await rolesAsked(deps, speaker.identity, row, { step, wanted })),
      values,
      ...present({ comment: body.optionalText('comment') }),
    };
  });
}

/** Amends a run; the body is `AmendmentBody`. */
export function amend(deps: GatewayDeps, speaker: Speaker, incident: string, asked: unknown): Promise<Receipt> {
  const body = new Body(asked, ['run', 'inputs', 'skip', 'undo', 'role', 'reason']);
  if (['run', 'skip', 'undo'].filter((name) => body.has(name)).length !== 1)
    throw new CodedError('GATEWAY_BODY_INVALID', 'give one of `run`, `skip` and `undo`');
  const [run, skip] = [body.optionalText('run', AMENDMENT), body.optionalText('skip')];
  const operation = body.has('undo') ? 'undo' : 'amend';
  return pass(deps, speaker, operation, incident, 'amend', async (role, row) => {
    if (run !== undefined) await checkAmendmentInputs(deps, row, run, body.object('inputs'));
    return {
      reason: body.text('reason'),
      role: role(body.optionalText('role', NAME)),
      ...present({ run, skip: skip === undefined ? undefined : stepOf(skip) }),
      ...(run === undefined ? {} : { inputs: body.object('inputs') }),
      ...(body.has('undo') ? { undo: body.texts('undo', STEPS_MAX).map(stepOf) } : {}),
    };
  });
}

/** Stops an incident or one step of it, or lifts that; the body is `StopBody`. */
export function stopOrResume(
  deps: GatewayDeps,
  speaker: Speaker,
  incident: string,
  order: 'stop' | 'resume',
  asked: unknown,
): Promise<Receipt> {
  const body = new Body(asked, ['step', 'role', 'reason']);
  const step = body.optionalText('step');
  return pass(deps, speaker, order, incident, order, (role) => ({
    reason: body.text('reason'),
    role: role(body.optionalText('role', NAME)),
    ...present({ step: step === undefined ? undefined : stepOf(step) }),
  }));
}

/** Right that an order to a rollout needs: everyone who may stop may pause, going on needs more. */
export function rightOf(order: RolloutMessage['order']): Operation {
  return order === 'pause' ? 'pause' : 'steer';
}

/** Pauses a rollout, or lets it go on; the body holds `reason` and `role`. */
export function pauseOrGoOn(
  deps: GatewayDeps,
  speaker: Speaker,
  incident: string,
  { step, order }: { readonly step: string; readonly order: 'pause' | 'resume' },
  asked: unknown,
): Promise<Receipt> {
  const body = new Body(asked, ['role', 'reason']);
  return pass(deps, speaker, rightOf(order), incident, 'rollout', (role) => ({
    ...{ step: stepOf(step), order, reason: body.text('reason') },
    role: role(body.optionalText('role', NAME)),
  }));
}
