import { anyObject, list, object, ref, text } from '../../../contracts/api-schema-parts.ts';
import type { Endpoint } from '../endpoint.ts';
import { json, page, paged } from './parts.ts';

const incidentHolds = '/v1/incidents/:id/holds';
const holding = { group: 'Holds', operation: 'hold' } as const;
const OUTCOMES = ['started', 'joined', 'held', 'unmapped', 'ignored', 'after-close', 'dismissed', 'refused'];

/** What comes from outside and back: detectors, bounces, holds, what ended runs left. */
export const outsideEndpoints = {
  deliver: {
    ...{ method: 'POST', path: '/v1/detectors/:name', id: 'deliver', group: 'Detectors', operation: 'open' },
    title: 'An alert, as its detector sends it',
    says:
      'No API key and no `Idempotency-Key`: the delivery proves itself, and a repeat is answered like the first. ' +
      'The body, its media type and its proof are those of the scheme that the detector is configured with (docs/detectors.md); 1 MiB at most.',
    body: { schema: anyObject('As the scheme has it.'), example: { title: 'an alert' }, media: '*/*' },
    answers: { 202: json('It was taken.', ref('DeliveryAnswer')) },
    refuses: [
      ...(['DETECTOR_UNKNOWN', 'DETECTOR_UNSIGNED', 'DETECTOR_STALE', 'DETECTOR_DELIVERY_REUSED'] as const),
      ...(['DETECTOR_BODY_INVALID', 'DETECTOR_KEYS_AWAY', 'DETECTOR_SECRET_AWAY', 'GATEWAY_RATE_LIMITED'] as const),
    ],
  },
  allowDelivery: {
    ...{ method: 'OPTIONS', path: '/v1/detectors/:name', id: 'allowDelivery', group: 'Detectors', operation: 'open' },
    title: 'The handshake of CloudEvents webhooks',
    says: 'A detector with the format `cloudevents` allows the origin that asks; each delivery proves itself all the same.',
    headers: {
      'WebHook-Request-Origin': { type: 'string', description: 'Name of the system that wants to deliver.' },
      'WebHook-Request-Rate': { type: 'string', description: 'Deliveries a minute that it wants.' },
    },
    answers: {
      200: {
        says: '`WebHook-Allowed-Origin`, and `WebHook-Allowed-Rate` where a rate was asked; else nothing is allowed.',
      },
    },
    refuses: ['DETECTOR_UNKNOWN', 'GATEWAY_RATE_LIMITED'],
  },
  listDetectors: {
    ...{ method: 'GET', path: '/v1/detectors', id: 'listDetectors', group: 'Detectors', operation: 'read' },
    title: 'Detectors, and what was refused within a day',
    answers: {
      200: json(
        'All.',
        object('All.', {
          detectors: list(
            'Detectors.',
            object(
              'A detector.',
              { name: text('Name.'), scheme: text('Scheme.') },
              {
                playbooks: list('Playbooks it may start.', text('Playbook.')),
                modes: list('Modes it may start in.', text('Mode.')),
                severity: text('Gravest it may start by itself.'),
              },
            ),
          ),
          refusals: list(
            'Refused deliveries.',
            object('Alike.', { detector: text('Detector.'), code: text('Why.'), times: { type: 'integer' } }),
          ),
        }),
      ),
    },
  },
  listAlerts: {
    ...{ method: 'GET', path: '/v1/alerts', id: 'listAlerts', group: 'Detectors', operation: 'read' },
    title: 'What became of alerts, newest first',
    query: {
      ...paged(50, 500),
      outcome: { schema: { enum: OUTCOMES, description: 'Only alerts of which that became.' } },
    },
    answers: { 200: page('A page of alerts.', { alerts: list('Alerts.', ref('AlertView')) }) },
    refuses: ['GATEWAY_CURSOR_INVALID'],
  },
  takeBounce: {
    ...{ method: 'POST', path: '/v1/bounces', id: 'takeBounce', group: 'Mail', operation: 'bounce' },
    title: "A delivery report or complaint, from a mail provider's hook",
    says: 'As it arrived, 1 MiB at most. It is its own idempotency key: a repeat is answered as one.',
    query: {
      recipient: { schema: { type: 'string', description: 'Envelope recipient, where the provider tells it.' } },
    },
    body: { schema: text('The report.'), example: 'a report', media: 'message/rfc822' },
    answers: { 200: json('What it did.', ref('BounceAnswer')) },
    refuses: ['NOTICE_BOUNCE_UNKNOWN', 'NOTICE_BOUNCE_EARLY', 'LEDGER_KEY_WITHHELD', 'LEDGER_KEY_DESTROYED'],
  },
  listHolds: {
    ...{ ...holding, method: 'GET', path: incidentHolds, id: 'listHolds' },
    title: 'Who must not be told, and what had gone out',
    answers: { 200: json('All.', object('All.', { holds: list('Holds.', ref('HoldReport')) })) },
  },
  placeHold: {
    ...{ ...holding, method: 'POST', path: incidentHolds, id: 'placeHold', keyed: true },
    title: 'Keep people from being told',
    body: { schema: ref('HoldBody'), example: { audience: 'locale:de', basis: 'request of the prosecutor' } },
    answers: { 201: json('It holds.', ref('HoldReport')) },
    refuses: ['HOLD_INVALID'],
  },
  liftHold: {
    ...{ ...holding, method: 'POST', path: `${incidentHolds}/:hold/lift`, id: 'liftHold', keyed: true },
    title: 'Lift a hold',
    body: { schema: ref('LiftBody'), example: { reason: 'the request was withdrawn' } },
    answers: { 200: json('It is lifted.', ref('HoldReport')) },
    refuses: ['HOLD_UNKNOWN'],
  },
  reconcile: {
    ...{
      method: 'POST',
      path: '/v1/reconcile',
      id: 'reconcile',
      group: 'Operations',
      operation: 'reconcile',
      keyed: true,
    },
    title: 'Settle as unknown what ended runs left claimed',
    says: 'Workers do it every five minutes by themselves.',
    body: { schema: ref('EmptyBody'), example: {} },
    answers: { 200: json('What was settled.', ref('ReconcileReport')) },
    refuses: ['GATEWAY_ENGINE_AWAY'],
  },
} as const satisfies Record<string, Endpoint>;
