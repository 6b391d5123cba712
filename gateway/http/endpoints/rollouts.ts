import { count, digest, list, ref } from '../../../contracts/api-schema-parts.ts';
import type { Endpoint } from '../endpoint.ts';
import { json, page, paged } from './parts.ts';

const group = 'Rollouts';
const step = '/v1/incidents/:id/steps/:step';
const answers = { 200: json('The run took it.', ref('Receipt')) };
const ordering = { method: 'POST', group, keyed: true, asksEngine: true, answers } as const;
const order = { schema: ref('RolloutOrderBody'), example: { reason: 'a look first' } };

/** Rollouts: how they stand, and what steers them. */
export const rolloutEndpoints = {
  listRollouts: {
    ...{ method: 'GET', path: '/v1/incidents/:id/rollouts', id: 'listRollouts', group, operation: 'read' },
    title: 'How rollouts stand',
    says: 'By the ledger alone: it answers while the engine is away.',
    answers: {
      200: json('Rollouts.', {
        ...{ type: 'object', required: ['rollouts'], description: 'All of the incident.' },
        properties: { rollouts: list('Rollouts.', ref('RolloutView')) },
      }),
    },
  },
  listTargets: {
    ...{ method: 'GET', path: `${step}/targets`, id: 'listTargets', group, operation: 'read' },
    title: 'Targets of a step that did not come through',
    says: 'Every page has the digest of the whole list, which is what a retry binds to.',
    query: {
      states: {
        schema: {
          ...{ type: 'string', pattern: '^[a-z]+(,[a-z]+){0,3}$' },
          description: 'Some of `failed,refuted,unknown,bounced`; left out: the first two.',
        },
      },
      ...paged(200, 5_000),
    },
    answers: {
      200: page('A page of targets.', {
        total: count('Targets in these states.'),
        digest: digest('Covers the list.'),
        targets: list('Targets.', ref('Target')),
      }),
    },
    refuses: ['GATEWAY_CURSOR_INVALID'],
  },
  pauseRollout: {
    ...{ ...ordering, path: `${step}/rollout/pause`, id: 'pauseRollout', operation: 'pause', body: order },
    title: 'Pause a rollout',
    refuses: ['ROLLOUT_ORDER_INVALID'],
  },
  resumeRollout: {
    ...{ ...ordering, path: `${step}/rollout/resume`, id: 'resumeRollout', operation: 'steer', body: order },
    title: 'Let a rollout go on',
    refuses: ['ROLLOUT_ORDER_INVALID', 'GATE_REQUESTER'],
  },
  paceRollout: {
    ...{ ...ordering, path: `${step}/rollout/rate`, id: 'paceRollout', operation: 'steer' },
    title: 'Set the pace of a rollout',
    body: { schema: ref('RolloutRateBody'), example: { window: 2, perMinute: 600, reason: 'the issuer is slow' } },
    refuses: ['ROLLOUT_ORDER_INVALID', 'ROLLOUT_RATE_TOO_HIGH', 'GATE_REQUESTER'],
  },
  retryRollout: {
    ...{ ...ordering, path: `${step}/rollout/retry`, id: 'retryRollout', operation: 'steer' },
    title: 'Take up what an ended rollout left',
    body: { schema: ref('RolloutRetryBody'), example: { states: ['failed'], reason: 'the issuer is back' } },
    refuses: [
      ...(['ROLLOUT_ORDER_INVALID', 'ROLLOUT_NOTHING_LEFT', 'ROLLOUT_LIST_UNSEEN', 'GATE_REQUESTER'] as const),
      'GATEWAY_QUERY_INVALID',
    ],
  },
} as const satisfies Record<string, Endpoint>;
