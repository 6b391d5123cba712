import type { FastifyInstance } from 'fastify';
import type { GatewayDeps } from '../deps.ts';
import { recordByHand } from '../hand-records.ts';
import { speakerOf } from './changing.ts';
import { declared } from './endpoint.ts';
import { peopleEndpoints } from './endpoints/people.ts';

const { recordByHand: endpoint } = peopleEndpoints;

/** `POST /v1/incidents/:id/hand-records`: what somebody did by hand goes on record. */
export function handRecordRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.post<{ Params: { readonly id: string } }>(endpoint.path, declared(endpoint), async (request, reply) => {
    const recorded = await recordByHand(deps, speakerOf(request), request.params.id, request.body);
    return reply.code(recorded.isNew ? 201 : 200).send(recorded);
  });
}
