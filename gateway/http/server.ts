import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import type { GatewayDeps } from '../deps.ts';
import { answerRoutes, startRoutes, steeringRoutes } from './changing.ts';
import { codecRoutes } from './codec.ts';
import { detectorRoutes } from './detectors.ts';
import { guardDoor } from './door.ts';
import { sendProblem } from './problem.ts';
import { rolloutReadingRoutes, rolloutRoutes } from './rollouts.ts';
import { bounceRoutes, holdRoutes, reconcileRoutes } from './returns.ts';
import { documentRoutes, ledgerRoutes, playbookRoutes, readingRoutes } from './reading.ts';

const BODY_MAX_BYTES = 256 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const PARAM_MAX_CHARS = 400; // a step id has up to eight segments of forty
const READY_WITHIN_MS = 2_000;

/** Headers of every answer: it is an API, nothing may be framed, sniffed, cached or linked back. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** Health without a key: whether the process lives, and whether ledger and engine answer. */
function healthRoutes(app: FastifyInstance, { ledger, client }: GatewayDeps): void {
  const config = { operation: 'open' } as const;
  app.get('/healthz', { config }, () => ({ ok: true }));
  app.get('/readyz', { config }, async (_request, reply) => {
    const answers = (look: Promise<unknown>): Promise<boolean> =>
      look.then(
        () => true,
        () => false,
      );
    const [hasLedger, hasEngine] = await Promise.all([
      answers(ledger.ping()),
      answers(client.withDeadline(Date.now() + READY_WITHIN_MS, () => client.workflowService.getSystemInfo({}))),
    ]);
    const ok = hasLedger && hasEngine;
    return reply.code(ok ? 200 : 503).send({ ok, ledger: hasLedger, engine: hasEngine });
  });
}

/**
 * Builds the HTTP API (contracts/api.ts).
 *
 * Every request but the health checks carries an API key; every failure is a problem document with a registered code.
 */
export function createServer(deps: GatewayDeps): FastifyInstance {
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const { code } = sendProblem(error, request, reply);
    const { id: requestId, method } = request;
    const cause = code === 'GATEWAY_INTERNAL' && error instanceof Error ? scrubTokens(error.stack ?? '') : undefined;
    deps.log({ requestId, method, route: request.routeOptions.url, code, cause });
  };
  const app = fastify({
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: () => randomUUID(),
    logger: false,
    routerOptions: { maxParamLength: PARAM_MAX_CHARS },
    frameworkErrors: refuse,
  });
  app.removeContentTypeParser('text/plain'); // JSON or nothing
  app.addHook('onSend', (request, reply, payload, done) => {
    void reply.headers({ ...HEADERS, 'x-request-id': request.id });
    done(null, payload);
  });
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) => {
    refuse(new CodedError('GATEWAY_NOT_FOUND', `${request.method} of that path does not exist`), request, reply);
  });
  guardDoor(app, deps);
  healthRoutes(app, deps);
  readingRoutes(app, deps);
  ledgerRoutes(app, deps);
  documentRoutes(app, deps);
  playbookRoutes(app, deps);
  startRoutes(app, deps);
  answerRoutes(app, deps);
  steeringRoutes(app, deps);
  rolloutReadingRoutes(app, deps);
  rolloutRoutes(app, deps);
  codecRoutes(app, deps);
  bounceRoutes(app, deps);
  holdRoutes(app, deps);
  reconcileRoutes(app, deps);
  detectorRoutes(app, deps);
  return app;
}
