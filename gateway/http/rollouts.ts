import type { FastifyInstance } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import { WINDOW_MAX, type RolloutMessage } from '../../contracts/messages.ts';
import type { RolloutView, TargetList } from '../../contracts/rollout-api.ts';
import { NAME, pass, pauseOrGoOn, rightOf, stepOf } from '../acts.ts';
import { incidentOf, readRow } from '../incident-view.ts';
import { LIST_MAX, listTargets, readRollouts, refuseRetry, retryStatesOf } from '../rollouts.ts';
import type { GatewayDeps } from '../deps.ts';
import { Body } from './body.ts';
import { speakerOf, type StepPath } from './changing.ts';
import { numberOf, queryOf } from './query.ts';

const DIGEST = /^[0-9a-f]{64}$/;

interface IncidentPath {
  readonly Params: { readonly id: string };
}

/** How rollouts stand, and which targets of a step did not come through. */
export function rolloutReadingRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const config = { operation: 'read' } as const;

  app.get<IncidentPath>(
    '/v1/incidents/:id/rollouts',
    { config },
    async (request): Promise<{ rollouts: readonly RolloutView[] }> => {
      const { incident } = await readRow(deps, incidentOf(request.params.id));
      return { rollouts: await readRollouts(deps, incident) };
    },
  );

  app.get<StepPath>('/v1/incidents/:id/steps/:step/targets', { config }, async (request): Promise<TargetList> => {
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    const query = queryOf(request, ['states', 'limit']);
    const limit = numberOf(query, 'limit', { otherwise: 200, min: 1, max: LIST_MAX });
    const list = await listTargets(
      deps,
      incident,
      stepOf(request.params.step),
      retryStatesOf(query.states?.split(',')),
    );
    return { ...list, targets: list.targets.slice(0, limit) };
  });
}

/** A whole number of the body; `undefined` where it is left out. */
function wholeOf(body: Body, name: string, max: number): number | undefined {
  if (!body.has(name)) return undefined;
  const value = body.value(name);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max)
    throw new CodedError('GATEWAY_BODY_INVALID', `\`${name}\` is not a whole number up to ${max}`);
  return value;
}

/** Steering a rollout while it runs, and taking up what an ended one left. */
export function rolloutRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  const common = (body: Body, step: string, order: RolloutMessage['order']) => ({
    ...{ step: stepOf(step), order, reason: body.text('reason') },
  });

  for (const order of ['pause', 'resume'] as const) {
    const config = { operation: rightOf(order) } as const;
    app.post<StepPath>(`/v1/incidents/:id/steps/:step/rollout/${order}`, { config }, (request) => {
      const { id, step } = request.params;
      return pauseOrGoOn(deps, speakerOf(request), id, { step, order }, request.body);
    });
  }

  const config = { operation: 'steer' } as const;
  app.post<StepPath>('/v1/incidents/:id/steps/:step/rollout/rate', { config }, (request) => {
    const body = new Body(request.body, ['role', 'reason', 'window', 'perMinute']);
    const window = wholeOf(body, 'window', WINDOW_MAX);
    const perMinute = wholeOf(body, 'perMinute', Number.MAX_SAFE_INTEGER);
    return pass(deps, speakerOf(request), 'steer', request.params.id, 'rollout', (role) => ({
      ...common(body, request.params.step, 'rate'),
      role: role(body.optionalText('role', NAME)),
      ...(window === undefined ? {} : { window }),
      ...(perMinute === undefined ? {} : { perMinute }),
    }));
  });

  app.post<StepPath>('/v1/incidents/:id/steps/:step/rollout/retry', { config }, async (request) => {
    const body = new Body(request.body, ['role', 'reason', 'states', 'list']);
    const words = body.has('states') ? body.value('states') : undefined;
    if (words !== undefined && !Array.isArray(words))
      throw new CodedError('GATEWAY_BODY_INVALID', '`states` is not a list');
    const states = retryStatesOf(words?.map(String));
    const list = body.optionalText('list', DIGEST);
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    await refuseRetry(deps, incident, stepOf(request.params.step), { states, list });
    return pass(deps, speakerOf(request), 'steer', request.params.id, 'rollout', (role) => ({
      ...common(body, request.params.step, 'retry'),
      ...{ states, role: role(body.optionalText('role', NAME)) },
      ...(list === undefined ? {} : { list }),
    }));
  });
}
