import type { FastifyInstance } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import { authorize, type Operation } from '../auth/authorize.ts';
import { identify, type Identity } from '../auth/identity.ts';
import type { GatewayDeps, Rate } from '../deps.ts';
import { RateLimiter } from './rate-limiter.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route does, for {@link authorize}; `open` needs no key. A route without it stays shut. */
    readonly operation?: Operation | 'open';
  }
  interface FastifyRequest {
    /** Who asks; set on every route that is not open. */
    identity: Identity;
  }
}

const RATE: Rate = { perSecond: 50, burst: 200 }; // a command line that watches asks once a second
const RATE_UNKNOWN: Rate = { perSecond: 5, burst: 20 }; // guessing a key is hopeless anyway; this keeps the log short

/**
 * Stands before every route: who asks is known, asks at a bearable rate and may do what the route does, before a byte of
 * the body is read.
 */
export function guardDoor(app: FastifyInstance, deps: GatewayDeps): void {
  const known = new RateLimiter(deps.rate ?? RATE);
  const unknown = new RateLimiter(RATE_UNKNOWN);
  app.decorateRequest('identity');
  // eslint-disable-next-line @typescript-eslint/require-await -- fastify takes a rejection of an async hook as the answer
  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const { operation } = request.routeOptions.config;
    if (operation === 'open') return;
    if (operation === undefined) throw new CodedError('GATEWAY_FORBIDDEN', 'the route is not open to anyone');
    try {
      request.identity = identify(request.headers.authorization, deps);
    } catch (error) {
      unknown.take(request.ip, performance.now());
      throw error;
    }
    known.take(request.identity.key.name, performance.now());
    authorize(request.identity, operation);
  });
}
