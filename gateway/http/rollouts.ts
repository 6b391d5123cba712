import type { FastifyInstance } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import { WINDOW_MAX, type RolloutMessage } from '../../contracts/messages.ts';
import type { RolloutView, TargetList } from '../../contracts/rollout-api.ts';
import { NAME, pass, pauseOrGoOn, stepOf } from '../acts.ts';
import { incidentOf, readRow } from '../incident-view.ts';
import { listTargets, readRollouts, shownTarget, refuseRetry, retryStatesOf } from '../rollouts.ts';
import type { GatewayDeps } from '../deps.ts';
import { Body } from './body.ts';
import { speakerOf, type StepPath } from './changing.ts';
import { readPage } from './cursor.ts';
import { declared } from './endpoint.ts';
import { rolloutEndpoints } from './endpoints/rollouts.ts';
import { queryOf } from './query.ts';

const {
  listRollouts,
  listTargets: targetsOf,
  pauseRollout,
  resumeRollout,
  paceRollout,
  retryRollout,
} = rolloutEndpoints;
const DIGEST = /^[0-9a-f]{64}$/;

interface IncidentPath {
  readonly Params: { readonly id: string };
}

/** How rollouts stand, and which targets of a step did not come through. */
export function rolloutReadingRoutes(app: FastifyInstance, deps: GatewayDeps): void {
  app.get<IncidentPath>(
    listRollouts.path,
    declared(listRollouts),
    async (request): Promise<{ rollouts: readonly RolloutView[] }> => {
      const { incident } = await readRow(deps, incidentOf(request.params.id));
      return { rollouts: await readRollouts(deps, incident) };
    },
  );

  app.get<StepPath>(targetsOf.path, declared(targetsOf), async (request, reply): Promise<TargetList> => {
    const { incident } = await readRow(deps, incidentOf(request.params.id));
    const step = stepOf(request.params.step);
    const states = retryStatesOf(queryOf(request)['states']?.split(','));
    const { total, digest } = await listTargets(deps, incident, step, states);
    const list = { name: 'targets', of: `${incident} ${step} ${states.join()}` } as const;
    const { rows, ...next } = await readPage(request, reply, list, (page) =>
      deps.ledger.pages.targets(incident, { step, states }, page),
    );
    return { total, digest, targets: rows.map(shownTarget), ...next };
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
    const endpoint = order === 'pause' ? pauseRollout : resumeRollout;
    app.post<StepPath>(endpoint.path, declared(endpoint), (request) => {
      const { id, step } = request.params;
      return pauseOrGoOn(deps, speakerOf(request), id, { step, order }, request.body);
    });
  }

  app.post<StepPath>(paceRollout.path, declared(paceRollout), (request) => {
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

  app.post<StepPath>(retryRollout.path, declared(retryRollout), async (request) => {
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
