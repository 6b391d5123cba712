import type { FastifyInstance, FastifyReply } from 'fastify';
import type { GatewayDeps } from '../deps.ts';
import { declared } from './endpoint.ts';
import { houseEndpoints } from './endpoints/house.ts';

const MAX_AGE_S = 600;

/**
 * The codec endpoint of Temporal's UI and CLI: opens payloads for who may see them. Browsers are let in from the origins
 * that the configuration names, nowhere else.
 */
export function codecRoutes(app: FastifyInstance, { decode, uiOrigins = [] }: GatewayDeps): void {
  const allowOrigin = (origin: string | undefined, reply: FastifyReply): void => {
    if (origin === undefined || !uiOrigins.includes(origin)) return;
    void reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'authorization, content-type, x-namespace',
      'access-control-allow-methods': 'POST',
      'access-control-max-age': MAX_AGE_S,
      vary: 'origin',
    });
  };

  app.options(houseEndpoints.allowDecode.path, declared(houseEndpoints.allowDecode), async (request, reply) => {
    allowOrigin(request.headers.origin, reply);
    return reply.code(204).send();
  });

  app.post(houseEndpoints.decode.path, declared(houseEndpoints.decode), async (request, reply) => {
    allowOrigin(request.headers.origin, reply);
    return decode(request.body);
  });
}
