import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AlertPage, DeliveryAnswer } from '../../contracts/detectors.ts';
import { CodedError, isCodedError } from '../../contracts/errors.ts';
import { openDetectors, type Detectors } from '../detectors/detectors.ts';
import { getOverHttp } from '../detectors/get.ts';
import { Intake } from '../detectors/intake.ts';
import type { GatewayDeps, Rate } from '../deps.ts';
import { dismissIncident, releaseIncident } from '../held-incidents.ts';
import { readPage } from './cursor.ts';
import { declared } from './endpoint.ts';
import { incidentEndpoints } from './endpoints/incidents.ts';
import { outsideEndpoints } from './endpoints/outside.ts';
import { bindKey } from './idempotency-key.ts';
import { queryOf } from './query.ts';
import { RateLimiter } from './rate-limiter.ts';

const { deliver, allowDelivery, listDetectors, listAlerts } = outsideEndpoints;
const { releaseIncident: release, dismissIncident: dismiss } = incidentEndpoints;
const DELIVERY_MAX_BYTES = 1024 * 1024; // a finding of 256 KiB, escaped once more inside of a message
const RATE: Rate = { perSecond: 2_000, burst: 4_000 }; // of one detector from one address; a storm is its everyday
const RATE_UNPROVEN: Rate = { perSecond: 5, burst: 20 }; // one address's; beyond it refusals are not even counted
const FORGET_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
const ORIGIN = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?$/i; // the name of the system that sends

interface DetectorPath {
  readonly Params: { readonly name: string };
}

/** Keeps the bytes of deliveries as they arrived; everywhere else JSON is parsed as ever and other types are refused. */
function keepRawBodies(app: FastifyInstance): void {
  const isDelivery = ({ routeOptions: { url } }: FastifyRequest): boolean => url === deliver.path;
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (isDelivery(request)) done(null, body);
    else void parseJson(request, body.toString('utf8'), done);
  });
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (isDelivery(request)) done(null, body);
    else done(new CodedError('GATEWAY_MEDIA_TYPE', 'the content type is not application/json'));
  });
}

/** Headers of a request, each one text. */
function headersOf({ headers }: FastifyRequest): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

/** Media type without parameters, lower case. */
function mediaTypeOf({ headers }: FastifyRequest): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

/**
 * `POST /v1/detectors/:name`: an alert, as its detector sends it.
 *
 * The route needs no API key: the delivery proves itself. Every refusal is logged and counted by detector, code and hour.
 */
function deliveryRoute(app: FastifyInstance, deps: GatewayDeps, intake: Intake): void {
  const known = new RateLimiter(RATE);
  const unproven = new RateLimiter(RATE_UNPROVEN);
  app.addHook('onClose', () => intake.stop());

  app.post<DetectorPath>(
    deliver.path,
    { ...declared(deliver), bodyLimit: DELIVERY_MAX_BYTES },
    async (request, reply) => {
      const { name } = request.params;
      try {
        const detector = intake.find(name);
        if (!detector.hearing.mediaTypes.includes(mediaTypeOf(request)))
          throw new CodedError('GATEWAY_MEDIA_TYPE', `a delivery is ${detector.hearing.mediaTypes.join(' or ')}`);
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        known.take(`${name} ${request.ip}`, performance.now()); // a stranger's flood takes nothing from the detector
        const answer = await intake.take(detector, { headers: headersOf(request), body, atMs: Date.now() });
        return await reply.code(202).send(answer satisfies DeliveryAnswer);
      } catch (error) {
        if (isCodedError(error)) {
          const isProven = !['DETECTOR_UNKNOWN', 'DETECTOR_UNSIGNED', 'GATEWAY_MEDIA_TYPE'].includes(error.code);
          if (!isProven) unproven.take(request.ip, performance.now());
          const detector = error.code === 'DETECTOR_UNKNOWN' ? '-' : name;
          await deps.ledger.alerts.refuse({ detector, code: error.code, from: request.ip });
        }
        throw error;
      }
    },
  );
}

/**
 * `OPTIONS /v1/detectors/:name`: the handshake of CloudEvents webhooks. It allows a sender to deliver and proves nothing: each
 * delivery proves itself. An address to call back is not called.
 *
 * @source CloudEvents 1.0.2, HTTP 1.1 Web Hooks for Event Delivery, section 4
 */
function handshakeRoute(app: FastifyInstance, intake: Intake): void {
  const asking = new RateLimiter(RATE_UNPROVEN);
  app.options<DetectorPath>(allowDelivery.path, declared(allowDelivery), (request, reply) => {
    asking.take(request.ip, performance.now());
    const { config } = intake.find(request.params.name);
    const { 'webhook-request-origin': origin, 'webhook-request-rate': rate } = request.headers;
    const isAsked = config.format === 'cloudevents' && typeof origin === 'string' && ORIGIN.test(origin);
    void reply.header('allow', 'OPTIONS, POST');
    if (isAsked) {
      void reply.header('webhook-allowed-origin', origin);
      if (rate !== undefined) void reply.header('webhook-allowed-rate', String(RATE.perSecond * 60));
    }
    return reply.code(200).send();
  });
}

/** What detectors there are, what they said, what was refused. */
function readingRoutes(app: FastifyInstance, deps: GatewayDeps, detectors: Detectors): void {
  app.get(listDetectors.path, declared(listDetectors), async () => {
    const listed = [...detectors.values()].map(({ config: own, modes, ceiling }) => {
      const { name, scheme, playbooks } = own;
      return { name, scheme, playbooks, modes, severity: ceiling };
    });
    return { detectors: listed, refusals: await deps.ledger.alerts.refusals(new Date(Date.now() - DAY_MS)) };
  });

  app.get(listAlerts.path, declared(listAlerts), async (request, reply): Promise<AlertPage> => {
    const { outcome } = queryOf(request);
    const list = { name: 'alerts', of: outcome ?? '' } as const;
    const { rows, ...next } = await readPage(request, reply, list, (page) =>
      deps.ledger.pages.alerts({ ...page, ...(outcome === undefined ? {} : { outcome }) }),
    );
    return { alerts: rows, ...next };
  });
}

/** What a person decides of an incident that a detector opened beyond its key: it runs, or it is nothing. */
function heldRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  for (const [endpoint, decideHeld] of [
    [release, releaseIncident],
    [dismiss, dismissIncident],
  ] as const)
    app.post<{ Params: { readonly id: string } }>(endpoint.path, declared(endpoint), async (request) => {
      const { identity, params, body: asked } = request;
      return decideHeld(deps, { identity, incident: params.id, asked, bind: () => bindKey(deps, request) });
    });
}

/**
 * Deliveries of detectors, and what people see and decide of them.
 *
 * @throws CONFIG_DETECTORS_INVALID
 */
export function detectorRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const get = deps.get ?? getOverHttp;
  const detectors = openDetectors(deps.detectors ?? [], get);
  keepRawBodies(app);
  const intake = new Intake(deps, detectors, get);
  deliveryRoute(app, deps, intake);
  handshakeRoute(app, intake);
  readingRoutes(app, deps, detectors);
  heldRoutes(app, deps);
  const timer = setInterval(() => {
    deps.ledger.alerts
      .forget()
      .catch((error: unknown) => deps.log({ error: String(error), task: 'forget deliveries' }));
  }, FORGET_EVERY_MS);
  timer.unref();
  app.addHook('onClose', (_app, done) => {
    clearInterval(timer);
    done();
  });
}
