import type { FastifyInstance } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import { authorize } from '../auth/authorize.ts';
import { identify } from '../auth/identity.ts';
import type { GatewayDeps } from '../deps.ts';
import { incidentOf, readRow } from '../incident-view.ts';
import { declared } from './endpoint.ts';
import { recordEndpoints } from './endpoints/records.ts';
import { EventHub } from './event-hub.ts';
import { queryOf } from './query.ts';

const PLACE = /^\d{1,15}$/;
const { followEvents } = recordEndpoints;

/** Where a reader goes on: what it read last goes before what it asks for. @throws GATEWAY_CURSOR_INVALID */
function placeOf(last: unknown, after: string | undefined): number {
  const text = typeof last === 'string' && last !== '' ? last : (after ?? '0');
  if (!PLACE.test(text)) throw new CodedError('GATEWAY_CURSOR_INVALID', '`Last-Event-ID` is not the id of an event');
  return Number(text);
}

/** `GET /v1/incidents/:id/events`: the journal as it grows, in the very words of the timeline. */
export function eventRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const hub = new EventHub(deps.ledger, deps.log, deps.events);
  app.addHook('preClose', (done) => {
    hub.stop();
    done();
  });

  app.get<{ Params: { readonly id: string } }>(
    followEvents.path,
    { ...declared(followEvents), exposeHeadRoute: false },
    async (request, reply) => {
      const after = placeOf(request.headers['last-event-id'], queryOf(request)['after']);
      const { incident, closedAt } = await readRow(deps, incidentOf(request.params.id));
      const head = await deps.ledger.journal.head(incident);
      if (closedAt !== undefined && after > 0 && after >= (head?.seq ?? 0)) return reply.code(204).send();
      const { authorization } = request.headers;
      const stream = hub.open({
        ...{ incident, after, key: request.identity.key.name },
        recheck: () => authorize(identify(authorization, deps), followEvents.operation),
      });
      return reply
        .type('text/event-stream; charset=utf-8')
        .header('x-accel-buffering', 'no') // a proxy that gathers what it passes on would hold events back
        .send(stream);
    },
  );
}
