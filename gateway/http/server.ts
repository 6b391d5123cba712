import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import type { GatewayDeps } from '../deps.ts';
import { auditRoutes } from './audit.ts';
import { answerRoutes, startRoutes, steeringRoutes } from './changing.ts';
import { refuseConnection } from './client-error.ts';
import { codecRoutes } from './codec.ts';
import { detectorRoutes } from './detectors.ts';
import { documentationRoutes } from './documentation.ts';
import { guardDoor } from './door.ts';
import { declared } from './endpoint.ts';
import { houseEndpoints } from './endpoints/house.ts';
import { eventRoutes } from './events.ts';
import { handRecordRoutes } from './hand-records.ts';
import { methodsOf } from './methods.ts';
import { peopleRoutes } from './people.ts';
import { asCoded, sendProblem } from './problem.ts';
import { RefusalLog } from './refusal-log.ts';
import { refusalOf } from './refusals.ts';
import { rolloutReadingRoutes, rolloutRoutes } from './rollouts.ts';
import { bounceRoutes, holdRoutes, reconcileRoutes } from './returns.ts';
import { documentRoutes, ledgerRoutes, playbookRoutes, readingRoutes } from './reading.ts';

const BODY_MAX_BYTES = 256 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const PARAM_MAX_CHARS = 400; // a step id has up to eight segments of forty
const READY_WITHIN_MS = 2_000;
const KEEP_EVERY_MS = 3_600_000;
const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;

/** Headers of every answer: it is an API, nothing may be framed, sniffed, cached or linked back. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** Health without a key: whether the process lives, and whether ledger and engine answer. */
function healthRoutes(app: FastifyInstance, { ledger, client }: GatewayDeps): void {
  const { isAlive, isReady } = houseEndpoints;
  app.get(isAlive.path, declared(isAlive), () => ({ ok: true }));
  app.get(isReady.path, declared(isReady), async (_request, reply) => {
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

/** The id of a request: the caller's own where it is a plain word, so that its log and ours can be laid side by side. */
function requestIdOf(given: string | readonly string[] | undefined): string {
  const isPlain = typeof given === 'string' && REQUEST_ID.test(given) && scrubTokens(given) === given;
  return isPlain ? given : randomUUID();
}

/** What a key may still ask, as headers. @source draft-ietf-httpapi-ratelimit-headers */
function allowanceHeaders({ allowance }: FastifyRequest): Readonly<Record<string, string>> {
  if (!allowance) return {};
  const { remaining, fullInS, rate } = allowance;
  const windowS = Math.ceil(rate.burst / rate.perSecond);
  return { ratelimit: `"key";r=${remaining};t=${fullInS}`, 'ratelimit-policy': `"key";q=${rate.burst};w=${windowS}` };
}

/** Puts what all answers have into them. */
function addHeaders(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const policy = reply.getHeader('content-security-policy'); // a page has its own
    void reply.headers({ ...HEADERS, ...allowanceHeaders(request), 'x-request-id': request.id });
    if (policy !== undefined) void reply.header('content-security-policy', policy);
    done(null, payload);
  });
}

/** Answers what no route takes: another method of a path that is there, or a path that is not. */
function refuseUnknown(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(request.url);
    if (methods.length === 0)
      throw new CodedError('GATEWAY_NOT_FOUND', `${request.method} of that path does not exist`);
    void reply.header('allow', methods.join(', '));
    if (request.method === 'OPTIONS') return reply.code(204).send();
    throw new CodedError('GATEWAY_METHOD_NOT_ALLOWED', `the path does not take ${request.method}`);
  });
}

/** Every line that is logged while a request is handled names it. */
function nameRequests(app: FastifyInstance, log: GatewayDeps['log']): GatewayDeps['log'] {
  const current = new AsyncLocalStorage<string>();
  app.addHook('onRequest', (request, _reply, done) => current.run(request.id, done));
  app.addHook('preHandler', (request, _reply, done) => current.run(request.id, done)); // reading a body leaves the context
  return (line) => {
    const requestId = current.getStore();
    log(requestId === undefined ? line : { requestId, ...line });
  };
}

/** Puts refusals on record and forgets what is old. */
function keepRefusals(app: FastifyInstance, { ledger }: GatewayDeps, log: GatewayDeps['log']): RefusalLog {
  const refusals = new RefusalLog(ledger, log);
  const timer = setInterval(() => {
    ledger.door.forget().catch((error: unknown) => log({ error: String(error), task: 'forget refusals' }));
    ledger.intents.forget().catch((error: unknown) => log({ error: String(error), task: 'forget intents' }));
  }, KEEP_EVERY_MS).unref();
  app.addHook('onClose', async () => {
    clearInterval(timer);
    await refusals.stop();
  });
  return refusals;
}

/**
 * Builds the HTTP API (contracts/api.ts).
 *
 * Every request but those to open routes carries an API key; every failure is a problem document with a registered code,
 * and who was refused what is on record.
 */
export function createServer(given: GatewayDeps): FastifyInstance {
  const refuse = async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const coded = asCoded(error);
    const { code } = coded;
    const { id: requestId, method } = request;
    const cause = code === 'GATEWAY_INTERNAL' && error instanceof Error ? scrubTokens(error.stack ?? '') : undefined;
    given.log({ requestId, method, route: request.routeOptions.url, code, cause });
    const refusal = refusalOf(request, code);
    if (refusal) await refusals.note(refusal);
    sendProblem(coded, request, reply);
    return reply;
  };
  const app = fastify({
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    logger: false,
    routerOptions: { maxParamLength: PARAM_MAX_CHARS },
    frameworkErrors: (error, request, reply) => void refuse(error, request, reply),
    clientErrorHandler: (error, socket) => refuseConnection(error, socket, given.log),
  });
  app.removeContentTypeParser('text/plain'); // JSON or nothing
  const log = nameRequests(app, given.log);
  const deps: GatewayDeps = { ...given, log };
  const refusals = keepRefusals(app, deps, log);
  addHeaders(app);
  app.setErrorHandler(refuse);
  refuseUnknown(app);
  documentationRoutes(app);
  guardDoor(app, deps);
  healthRoutes(app, deps);
  readingRoutes(app, deps);
  ledgerRoutes(app, deps);
  eventRoutes(app, deps);
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
  auditRoutes(app, deps);
  peopleRoutes(app, deps);
  handRecordRoutes(app, deps);
  return app;
}
