import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isKnownFact, refuseFactValue } from '../fact-value.ts';
import { CodedError } from '../../contracts/errors.ts';
import type { Digest } from '../../contracts/ids.ts';
import type { FactKey } from '../../contracts/facts.ts';
import { speakAs, type Operation } from '../auth/authorize.ts';
import type { Identity } from '../auth/identity.ts';
import type { GatewayDeps } from '../deps.ts';
import { incidentOf, send } from '../incident-view.ts';
import { startIncident } from '../start-incident.ts';
import { Body } from './body.ts';
import { admit, idempotencyKey } from './context.ts';

interface IncidentPath {
  readonly Params: { readonly id: string };
}

/** Facts that only a role decides; others can be stated by anyone who may state facts. */
const DECIDED_BY: Partial<Record<FactKey, readonly string[]>> = {
  awareAt: ['privacy', 'counsel'],
  personalDataBreach: ['privacy', 'counsel'],
  scopeFinal: ['commander'],
};

function confidenceOf(
  identity: Identity,
  key: FactKey,
  wanted: 'proposed' | 'stated' | 'decided',
): 'proposed' | 'stated' | 'decided' {
  const deciders = DECIDED_BY[key];
  if (wanted !== 'decided' || !deciders) return wanted;
  if (identity.isMachine || !identity.roles.some((role) => deciders.includes(role))) {
    throw new CodedError(
      'GATEWAY_FORBIDDEN',
      `${key} is decided by ${deciders.join(' or ')}; ${identity.id} may propose it`,
    );
  }
  return wanted;
}

/** What can be changed: start, decide, add facts, answer steps, amend, stop, resume, export. Every change has a key. */
export function changingRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const enter = (request: FastifyRequest<IncidentPath>, operation: Operation) => {
    const identity = admit(request, deps, operation);
    return { identity, incident: incidentOf(request.params.id), id: `${identity.id}/${idempotencyKey(request)}` };
  };

  app.post('/v1/incidents', async (request, reply) => {
    const identity = admit(request, deps, 'start');
    const body = new Body(request.body, ['playbook', 'inputs', 'mode', 'roles']);
    const started = await startIncident(deps, identity, {
      playbook: body.text('playbook'),
      inputs: body.object('inputs'),
      mode: body.word('mode', ['live', 'drill', 'preview'], 'live'),
      roles: body.roles('roles'),
      key: idempotencyKey(request),
    });
    return reply.code(started.joined ? 200 : 201).send(started);
  });

  app.post<IncidentPath>('/v1/incidents/:id/decisions', async (request) => {
    const { identity, incident, id } = enter(request, 'decide');
    const body = new Body(request.body, ['gate', 'digest', 'answer', 'role', 'comment', 'breakGlass']);
    const comment = body.optionalText('comment');
    return send(deps, incident, 'decide', {
      gate: body.text('gate'),
      digest: body.text('digest') as Digest,
      answer: body.word('answer', ['approve', 'reject']),
      by: identity.id,
      role: speakAs(identity, body.optionalText('role')),
      breakGlass: body.flag('breakGlass'),
      id,
      ...(comment === undefined ? {} : { comment }),
    });
  });

  app.post<IncidentPath>('/v1/incidents/:id/facts', async (request) => {
    const { identity, incident, id } = enter(request, 'fact');
    const body = new Body(request.body, ['key', 'value', 'confidence']);
    const key = body.text('key');
    if (!isKnownFact(key)) throw new CodedError('FACT_UNKNOWN', `there is no fact ${key.slice(0, 40)}`);
    refuseFactValue(key, body.value('value'));
    const confidence = confidenceOf(
      identity,
      key,
      body.word('confidence', ['proposed', 'stated', 'decided'], 'stated'),
    );
    return send(deps, incident, 'addFact', {
      key,
      value: body.value('value'),
      by: identity.id,
      source: identity.isMachine ? identity.id : 'person',
      confidence,
      id,
    });
  });

  app.post<{ Params: { id: string; step: string } }>('/v1/incidents/:id/steps/:step/resolution', async (request) => {
    const { identity, incident, id } = enter(request, 'resolve');
    const body = new Body(request.body, ['answer', 'role', 'values', 'comment']);
    const comment = body.optionalText('comment');
    const values = body.object('values');
    for (const [key, value] of Object.entries(values)) if (isKnownFact(key)) refuseFactValue(key, value);
    return send(deps, incident, 'resolveStep', {
      step: request.params.step,
      answer: body.word('answer', ['done', 'retry', 'skip', 'mark-done', 'stop']),
      by: identity.id,
      role: speakAs(identity, body.optionalText('role')),
      values,
      id,
      ...(comment === undefined ? {} : { comment }),
    });
  });

  app.post<IncidentPath>('/v1/incidents/:id/amendments', async (request) => {
    const { identity, incident, id } = enter(request, 'amend');
    const body = new Body(request.body, ['run', 'inputs', 'skip', 'role', 'reason']);
    const [run, skip] = [body.optionalText('run'), body.optionalText('skip')];
    return send(deps, incident, 'amend', {
      by: identity.id,
      role: speakAs(identity, body.optionalText('role')),
      reason: body.text('reason'),
      inputs: body.object('inputs'),
      id,
      ...(run === undefined ? {} : { run }),
      ...(skip === undefined ? {} : { skip }),
    });
  });

  for (const operation of ['stop', 'resume'] as const) {
    app.post<IncidentPath>(`/v1/incidents/:id/${operation}`, async (request) => {
      const { identity, incident, id } = enter(request, operation);
      const body = new Body(request.body, ['step', 'role', 'reason']);
      const step = body.optionalText('step');
      return send(deps, incident, operation, {
        by: identity.id,
        role: speakAs(identity, body.optionalText('role')),
        reason: body.text('reason'),
        id,
        ...(step === undefined ? {} : { step }),
      });
    });
  }

  app.post<IncidentPath>('/v1/incidents/:id/bundle', async (request) => {
    const { incident } = enter(request, 'export');
    const body = new Body(request.body, ['audience']);
    return deps.exportBundle(incident, body.word('audience', ['authority', 'auditor', 'law-enforcement'], 'auditor'));
  });
}
