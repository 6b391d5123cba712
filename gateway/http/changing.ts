import { createReadStream } from 'node:fs';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { addFact, amend, decide, resolveStep, start, stopOrResume, type Speaker } from '../acts.ts';
import type { Operation } from '../auth/authorize.ts';
import type { GatewayDeps } from '../deps.ts';
import { incidentOf, readRow } from '../incident-view.ts';
import { Body } from './body.ts';
import { keyOf } from './idempotency-key.ts';

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

/** Who asks for a change, with the request's idempotency key. @throws GATEWAY_KEY_MISSING */
export function speakerOf(request: FastifyRequest): Speaker {
  return { identity: request.identity, key: keyOf(request) };
}

/** `POST /v1/incidents` and the export of a bundle. */
export function startRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.post('/v1/incidents', config('start'), async (request, reply) => {
    const started = await start(deps, speakerOf(request), request.body);
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

/** What people and systems answer: decisions, facts, what became of a step. */
export function answerRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.post<IncidentPath>('/v1/incidents/:id/decisions', config('decide'), (request) =>
    decide(deps, speakerOf(request), request.params.id, request.body),
  );

  app.post<IncidentPath>('/v1/incidents/:id/facts', config('fact'), (request) =>
    addFact(deps, speakerOf(request), request.params.id, request.body),
  );

  app.post<StepPath>('/v1/incidents/:id/steps/:step/resolution', config('resolve'), (request) =>
    resolveStep(deps, speakerOf(request), request.params.id, request.params.step, request.body),
  );
}

/** How a run is steered: amended, stopped, resumed. */
export function steeringRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.post<IncidentPath>('/v1/incidents/:id/amendments', config('amend'), (request) =>
    amend(deps, speakerOf(request), request.params.id, request.body),
  );

  for (const order of ['stop', 'resume'] as const) {
    app.post<IncidentPath>(`/v1/incidents/:id/${order}`, config(order), (request) =>
      stopOrResume(deps, speakerOf(request), request.params.id, order, request.body),
    );
  }
}
