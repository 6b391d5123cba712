import type { FastifyInstance } from 'fastify';
import type { BounceAnswer, HoldReport, ReconcileReport } from '../../contracts/returns.ts';
import { CodedError, isCodedError } from '../../contracts/errors.ts';
import { isHoldAudience } from '../../contracts/holds.ts';
import type { GatewayDeps } from '../deps.ts';
import { incidentOf, readRow } from '../incident-view.ts';
import { Body } from './body.ts';
import { declared } from './endpoint.ts';
import { outsideEndpoints } from './endpoints/outside.ts';
import { bindKey, keyOf } from './idempotency-key.ts';
import { queryOf } from './query.ts';

const { takeBounce, listHolds, placeHold, liftHold, reconcile } = outsideEndpoints;
const REPORT_MAX_BYTES = 1024 * 1024; // a report holds at most our own message again
const HOLD = /^[0-9a-f-]{36}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?Z$/;

interface IncidentPath {
  readonly Params: { readonly id: string };
}

/**
 * `POST /v1/bounces`: a delivery status notification or a feedback report, as it arrived, from a mail provider's hook.
 *
 * The report is its own idempotency key. One that is no report of ours is refused; a repeat is answered as one.
 */
export function bounceRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.addContentTypeParser('message/rfc822', { parseAs: 'buffer' }, (request, body, parsed) => {
    if (request.routeOptions.url === takeBounce.path) parsed(null, body);
    else parsed(new CodedError('GATEWAY_MEDIA_TYPE', 'only a report is message/rfc822'));
  });
  app.post(
    takeBounce.path,
    { ...declared(takeBounce), bodyLimit: REPORT_MAX_BYTES },
    async (request): Promise<BounceAnswer> => {
      const { recipient } = queryOf(request);
      if (!Buffer.isBuffer(request.body)) throw new CodedError('GATEWAY_MEDIA_TYPE', 'a report is message/rfc822');
      try {
        const { incident, action, status } = await deps.takeBounce(request.body, recipient);
        return { incident, action, status };
      } catch (error) {
        if (!isCodedError(error, 'NOTICE_BOUNCE_REPEATED')) throw error;
        return { incident: '', action: 'repeated', status: '' };
      }
    },
  );
}

/** Who must not be told, until when, and what had gone out: counsel's business. */
export function holdRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const { holds } = deps.ledger;

  app.get<IncidentPath>(
    listHolds.path,
    declared(listHolds),
    async (request): Promise<{ holds: readonly HoldReport[] }> => {
      const { incident } = await readRow(deps, incidentOf(request.params.id));
      const listed: HoldReport[] = [];
      for (const hold of await holds.list(incident)) listed.push(await deps.goneOut(incident, hold));
      return { holds: listed };
    },
  );

  app.post<IncidentPath>(placeHold.path, declared(placeHold), async (request, reply): Promise<HoldReport> => {
    const body = new Body(request.body, ['audience', 'basis', 'until']);
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    const audience = body.text('audience');
    if (!isHoldAudience(audience)) throw new CodedError('HOLD_INVALID', 'that is not whom a hold can cover');
    const until = body.optionalText('until', INSTANT);
    if (until !== undefined && !(Date.parse(until) > Date.now()))
      throw new CodedError('HOLD_INVALID', 'its end does not lie ahead');
    const hold = await holds.add(incident, {
      ...{ key: keyOf(request), audience, by: request.identity.id, basis: body.text('basis') },
      ...(until === undefined ? {} : { until }),
    });
    void reply.code(201);
    return deps.goneOut(incident, hold);
  });

  app.post<{ Params: { readonly id: string; readonly hold: string } }>(
    liftHold.path,
    declared(liftHold),
    async (request): Promise<HoldReport> => {
      const body = new Body(request.body, ['reason']);
      const { incident } = await readRow(deps, incidentOf(request.params.id));
      const { hold: id } = request.params;
      if (!HOLD.test(id)) throw new CodedError('HOLD_UNKNOWN', 'that is not the id of a hold');
      const reason = body.text('reason');
      await bindKey(deps, request);
      const hold = await holds.lift(incident, id, { by: request.identity.id, reason });
      return deps.goneOut(incident, hold);
    },
  );
}

/** `POST /v1/reconcile`: settles now what ended runs left claimed; the workers do it every few minutes. */
export function reconcileRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.post(reconcile.path, declared(reconcile), async (request): Promise<ReconcileReport> => {
    new Body(request.body ?? {}, []);
    await bindKey(deps, request);
    return deps.reconcile();
  });
}
