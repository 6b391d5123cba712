import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import type { GatewayDeps } from '../deps.ts';
import { changingRoutes } from './changing.ts';
import { admit } from './context.ts';
import { sendProblem } from './problem.ts';
import { readingRoutes } from './reading.ts';

const BODY_MAX_BYTES = 256 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

/** Headers of every answer: it is an API, nothing may be framed, sniffed, cached or linked back. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/**
 * Builds the HTTP API.
 *
 * Every request but the health checks carries an API key; every failure is a problem document with a registered code.
 */
export function createServer(deps: GatewayDeps): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: () => randomUUID(),
    logger: false,
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    void reply.headers(HEADERS);
    done(null, payload);
  });
  app.setErrorHandler((error, request, reply) => {
    const { code } = sendProblem(error, request, reply);
    const cause = error instanceof Error && code === 'GATEWAY_INTERNAL' ? error.stack : undefined;
    deps.log({ requestId: request.id, method: request.method, path: request.routeOptions.url, code, cause });
  });
  app.setNotFoundHandler((request, reply) => {
    sendProblem(new CodedError('GATEWAY_NOT_FOUND', `${request.method} of that path does not exist`), request, reply);
  });
  app.get('/healthz', () => ({ ok: true }));
  app.get('/readyz', async () => {
    await deps.ledger.ping();
    await deps.client.connection.ensureConnected();
    return { ok: true };
  });
  readingRoutes(app, deps);
  changingRoutes(app, deps);
  app.post('/codec/decode', async (request) => {
    admit(request, deps, 'decode');
    return deps.decode(request.body);
  });
  return app;
}
