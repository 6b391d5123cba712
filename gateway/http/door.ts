import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import { authorize } from '../auth/authorize.ts';
import { identify, type Identity } from '../auth/identity.ts';
import type { GatewayDeps, Rate } from '../deps.ts';
import { isAccepted } from './accept.ts';
import { mediaOf, type Endpoint } from './endpoint.ts';
import { keyOf } from './idempotency-key.ts';
import { refuseStrangeQuery } from './query.ts';
import { RateLimiter, type Allowance } from './rate-limiter.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set on every route that is not open. */
    identity: Identity;
    /** What who asks may still ask; set once it is known who that is. */
    allowance: Allowance | undefined;
  }
}

const RATE: Rate = { perSecond: 50, burst: 200 }; // a command line that watches asks once a second
const RATE_UNKNOWN: Rate = { perSecond: 5, burst: 20 }; // guessing a key is hopeless anyway; this keeps the log short
const BASIC = /^Basic ([A-Za-z0-9+/]{1,400}={0,2})$/;
const UTF_8 = /^utf-?8$/i;

/** The `Authorization` of a request; on pages the password of HTTP Basic counts as the key, since browsers ask for one. */
function authorizationOf({ headers: { authorization } }: FastifyRequest, { isPage }: Endpoint): string | undefined {
  const basic = isPage ? BASIC.exec(authorization ?? '')?.[1] : undefined;
  if (basic === undefined) return authorization;
  const pair = Buffer.from(basic, 'base64').toString('latin1');
  return `Bearer ${pair.slice(pair.indexOf(':') + 1)}`;
}

/** @throws GATEWAY_MEDIA_TYPE for a text that is not UTF-8. */
function refuseCharset({ headers }: FastifyRequest): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !UTF_8.test(charset))
    throw new CodedError('GATEWAY_MEDIA_TYPE', 'the body is not in UTF-8');
}

/** What headers and query of a request have to be, before a byte of the body is read. */
function refuseStrange(request: FastifyRequest, endpoint: Endpoint): void {
  refuseStrangeQuery(request, endpoint);
  if (endpoint.method === 'GET' && !isAccepted(request.headers.accept, mediaOf(endpoint)))
    throw new CodedError('GATEWAY_NOT_ACCEPTABLE', `it is answered as ${mediaOf(endpoint).join(' or ')}`);
  if (endpoint.body && endpoint.body.media === undefined) refuseCharset(request);
  if (endpoint.keyed) keyOf(request);
}

/**
 * Stands before every route: who asks is known, asks at a bearable rate, may do what the route does, and asks in the form
 * that it declares.
 */
export function guardDoor(app: FastifyInstance, deps: GatewayDeps): void {
  const known = new RateLimiter(deps.rate ?? RATE);
  const unknown = new RateLimiter(RATE_UNKNOWN);
  const limit = (request: FastifyRequest, limiter: RateLimiter, caller: string): void => {
    const now = performance.now();
    try {
      limiter.take(caller, now);
    } finally {
      request.allowance = limiter.allowance(caller, now);
    }
  };
  app.decorateRequest('identity');
  app.decorateRequest('allowance');
  // eslint-disable-next-line @typescript-eslint/require-await -- fastify takes a rejection of an async hook as the answer
  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    const { endpoint } = request.routeOptions.config;
    if (!endpoint) throw new CodedError('GATEWAY_FORBIDDEN', 'the route is not open to anyone');
    const { operation } = endpoint;
    if (operation === 'open') return;
    try {
      request.identity = identify(authorizationOf(request, endpoint), deps);
    } catch (error) {
      limit(request, unknown, request.ip);
      throw error;
    }
    limit(request, known, request.identity.key.name);
    authorize(request.identity, operation);
    refuseStrange(request, endpoint);
  });
}
