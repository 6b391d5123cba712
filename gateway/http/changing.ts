import { createReadStream } from 'node:fs';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { addFact, amend, decide, resolveStep, start, stopOrResume, type Speaker } from '../acts.ts';
import type { GatewayDeps } from '../deps.ts';
import { incidentOf, readRow } from '../incident-view.ts';
import { Body } from './body.ts';
import { declared } from './endpoint.ts';
import { incidentEndpoints } from './endpoints/incidents.ts';
import { messageEndpoints } from './endpoints/messages.ts';
import { bindKey, keyOf } from './idempotency-key.ts';

const { startIncident, exportBundle } = incidentEndpoints;

interface IncidentPath {
  readonly Params: { readonly id: string };
}

/** Path of what is said to one step. */
export interface StepPath {
  readonly Params: { readonly id: string; readonly step: string };
}

/** Who asks for a change, with the request's idempotency key. @throws GATEWAY_KEY_MISSING */
export function speakerOf(request: FastifyRequest): Speaker {
  return { identity: request.identity, key: keyOf(request) };
}

/** `POST /v1/incidents` and the export of a bundle. */
export function startRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.post(startIncident.path, declared(startIncident), async (request, reply) => {
    const started = await start(deps, speakerOf(request), request.body);
    return reply.code(started.joined ? 200 : 201).send(started);
  });

  app.post<IncidentPath>(exportBundle.path, declared(exportBundle), async (request, reply) => {
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    const body = new Body(request.body, ['audience', 'download']);
    const audience = body.word('audience', ['authority', 'auditor', 'law-enforcement'], 'auditor');
    const isDownload = body.flag('download');
    await bindKey(deps, request);
    const exported = await deps.exportBundle(incident, audience);
    if (!isDownload) return exported;
    return reply.type('application/octet-stream').send(createReadStream(exported.path));
  });
}

/** What people and systems answer: decisions, facts, what became of a step. */
export function answerRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.post<IncidentPath>(messageEndpoints.decide.path, declared(messageEndpoints.decide), (request) =>
    decide(deps, speakerOf(request), request.params.id, request.body),
  );

  app.post<IncidentPath>(messageEndpoints.addFact.path, declared(messageEndpoints.addFact), (request) =>
    addFact(deps, speakerOf(request), request.params.id, request.body),
  );

  app.post<StepPath>(messageEndpoints.resolveStep.path, declared(messageEndpoints.resolveStep), (request) =>
    resolveStep(deps, speakerOf(request), request.params.id, request.params.step, request.body),
  );
}

/** How a run is steered: amended, stopped, resumed. */
export function steeringRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.post<IncidentPath>(messageEndpoints.amend.path, declared(messageEndpoints.amend), (request) =>
    amend(deps, speakerOf(request), request.params.id, request.body),
  );

  for (const order of ['stop', 'resume'] as const) {
    app.post<IncidentPath>(messageEndpoints[order].path, declared(messageEndpoints[order]), (request) =>
      stopOrResume(deps, speakerOf(request), request.params.id, order, request.body),
    );
  }
}
