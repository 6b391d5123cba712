import { createReadStream } from 'node:fs';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { GivenCredential } from '../../contracts/api.ts';
import { CodedError } from '../../contracts/errors.ts';
import { isStepId } from '../../contracts/ids.ts';
import type { Receipt } from '../../contracts/messages.ts';
import { isKnownFact, refuseFactValue, refuseSayer } from '../fact-door.ts';
import { speakAs, type Operation } from '../auth/authorize.ts';
import { checkAmendmentInputs } from '../amendment-inputs.ts';
import type { GatewayDeps } from '../deps.ts';
import { sendMessage, type UpdateName } from '../incident-messages.ts';
import { incidentOf, readRow } from '../incident-view.ts';
import { startIncident } from '../start-incident.ts';
import { refuseStepValue } from '../step-values.ts';
import { shown } from '../shown.ts';
import { Body } from './body.ts';
import { keyOf } from './idempotency-key.ts';
import type { IncidentRow } from '../../ledger/ports.ts';

/** A neutral name: role, playbook, template. */
export const NAME = /^[a-z][a-zA-Z0-9-]{0,63}$/;
const GATE = /^[a-z0-9/-]{1,320}#\d{1,6}(?:[a-z0-9:-]{0,40})$/;
const DIGEST = /^[0-9a-f]{64}$/;
const AMENDMENT = /^[a-z0-9-]{1,40}(?:\/[a-z0-9-]{1,40}){0,4}$/; // of an inlined playbook: behind its step's id
const CREDENTIALS_MAX = 500;
const STEPS_MAX = 500; // a plan has no more

interface IncidentPath {
  readonly Params: { readonly id: string };
}

/** Path of what is said to one step. */
export interface StepPath {
  readonly Params: { readonly id: string; readonly step: string };
}

const config = <Asked extends Operation>(operation: Asked): { config: { operation: Asked } } => ({
  config: { operation },
});

/** @throws STEP_UNKNOWN for what cannot be a step's id. */
export function stepOf(text: string): string {
  if (!isStepId(text)) throw new CodedError('STEP_UNKNOWN', 'that is not the id of a step');
  return text;
}

/** Only the members that are there. */
function present(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** `POST /v1/incidents` and the export of a bundle. */
export function startRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.post('/v1/incidents', config('start'), async (request, reply) => {
    const body = new Body(request.body, ['playbook', 'inputs', 'mode', 'roles', 'credentials'], ['credentials']);
    const started = await startIncident(deps, request.identity, {
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
      key: keyOf(request),
    });
    return reply.code(started.joined ? 200 : 201).send(started);
  });

  app.post<IncidentPath>('/v1/incidents/:id/bundle', config('export'), async (request, reply) => {
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    const body = new Body(request.body, ['audience', 'download']);
    const exported = await deps.exportBundle(
      incident,
      body.word('audience', ['authority', 'auditor', 'law-enforcement'], 'auditor'),
    );
    if (!body.flag('download')) return exported;
    return reply.type('application/octet-stream').send(createReadStream(exported.path));
  });
}

type Passer = (
  request: FastifyRequest<IncidentPath>,
  name: UpdateName,
  message: (role: (wanted: string | undefined) => string, row: IncidentRow) => object | Promise<object>,
) => Promise<Receipt>;

/** Passes a message on to the incident of the path, in the name of who asks. */
export function passer(deps: GatewayDeps): Passer {
  return async (request, name, message) => {
    const { identity } = request;
    const row = await readRow(deps, incidentOf(request.params.id));
    const said = await message((wanted) => speakAs(identity, wanted, row.roles), row);
    const by = identity.id;
    return sendMessage(deps, row, name, { ...said, by }, { by, key: keyOf(request) });
  };
}

/** What people and systems answer: decisions, facts, what became of a step. */
export function answerRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const pass = passer(deps);

  app.post<IncidentPath>('/v1/incidents/:id/decisions', config('decide'), (request) => {
    const body = new Body(request.body, ['gate', 'digest', 'answer', 'role', 'comment', 'breakGlass']);
    return pass(request, 'decide', (role) => ({
      gate: body.text('gate', GATE),
      digest: body.text('digest', DIGEST),
      answer: body.word('answer', ['approve', 'reject']),
      role: role(body.optionalText('role', NAME)),
      breakGlass: body.flag('breakGlass'),
      ...present({ comment: body.optionalText('comment') }),
    }));
  });

  app.post<IncidentPath>('/v1/incidents/:id/facts', config('fact'), (request) => {
    const { identity } = request;
    const body = new Body(request.body, ['key', 'value', 'confidence']);
    const key = body.text('key');
    if (!isKnownFact(key)) throw new CodedError('FACT_UNKNOWN', `there is no fact ${shown(key, 'of that name')}`);
    const value = body.value('value');
    refuseFactValue(key, value);
    const confidence = body.word('confidence', ['proposed', 'stated', 'decided'], 'stated');
    refuseSayer(identity, key, confidence);
    const source = identity.isMachine ? identity.id : 'person';
    return pass(request, 'addFact', () => ({ key, value, source, confidence }));
  });

  app.post<StepPath>('/v1/incidents/:id/steps/:step/resolution', config('resolve'), (request) => {
    const body = new Body(request.body, ['answer', 'role', 'values', 'comment']);
    const values = body.object('values');
    for (const [key, value] of Object.entries(values)) if (isKnownFact(key)) refuseFactValue(key, value);
    const step = stepOf(request.params.step);
    return pass(request, 'resolveStep', async (role, row) => {
      await refuseStepValue(deps, row, step, values);
      return {
        step,
        answer: body.word('answer', ['done', 'retry', 'skip', 'mark-done', 'stop']),
        role: role(body.optionalText('role', NAME)),
        values,
        ...present({ comment: body.optionalText('comment') }),
      };
    });
  });
}

/** How a run is steered: amended, stopped, resumed. */
export function steeringRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const pass = passer(deps);

  app.post<IncidentPath>('/v1/incidents/:id/amendments', config('amend'), (request) => {
    const body = new Body(request.body, ['run', 'inputs', 'skip', 'undo', 'role', 'reason']);
    if (['run', 'skip', 'undo'].filter((name) => body.has(name)).length !== 1)
      throw new CodedError('GATEWAY_BODY_INVALID', 'give one of `run`, `skip` and `undo`');
    const [run, skip] = [body.optionalText('run', AMENDMENT), body.optionalText('skip')];
    return pass(request, 'amend', async (role, row) => {
      if (run !== undefined) await checkAmendmentInputs(deps, row, run, body.object('inputs'));
      return {
        reason: body.text('reason'),
        role: role(body.optionalText('role', NAME)),
        ...present({ run, skip: skip === undefined ? undefined : stepOf(skip) }),
        ...(run === undefined ? {} : { inputs: body.object('inputs') }),
        ...(body.has('undo') ? { undo: body.texts('undo', STEPS_MAX).map(stepOf) } : {}),
      };
    });
  });

  for (const operation of ['stop', 'resume'] as const) {
    app.post<IncidentPath>(`/v1/incidents/:id/${operation}`, config(operation), (request) => {
      const body = new Body(request.body, ['step', 'role', 'reason']);
      const step = body.optionalText('step');
      return pass(request, operation, (role) => ({
        reason: body.text('reason'),
        role: role(body.optionalText('role', NAME)),
        ...present({ step: step === undefined ? undefined : stepOf(step) }),
      }));
    });
  }
}
