import { incident, INCIDENT_PATTERN, list, ref } from '../../../contracts/api-schema-parts.ts';
import type { Endpoint } from '../endpoint.ts';
import { json, page, paged } from './parts.ts';

const group = 'Incidents';

/** Incidents: the list, a start, how one stands, its plan, its export. */
export const incidentEndpoints = {
  listIncidents: {
    ...{ method: 'GET', path: '/v1/incidents', id: 'listIncidents', group, operation: 'read' },
    title: 'Incidents, newest first',
    says: '`after` takes the id of an incident: the page holds what was opened before it. `before` is its older name.',
    query: {
      ...paged(50, 200),
      before: { schema: { type: 'string', pattern: INCIDENT_PATTERN, description: 'The same as `after`.' } },
    },
    answers: { 200: page('A page of incidents.', { incidents: list('Incidents.', ref('IncidentSummary')) }) },
    refuses: ['GATEWAY_CURSOR_INVALID'],
  },
  startIncident: {
    ...{ method: 'POST', path: '/v1/incidents', id: 'startIncident', group, operation: 'start', keyed: true },
    title: 'Start a playbook, or join what the same key started',
    body: {
      schema: ref('StartBody'),
      example: { playbook: 'leaked-token', mode: 'drill', roles: { commander: ['casey'] } },
    },
    answers: { 201: json('It was started.', ref('Started')), 200: json('It was there.', ref('Started')) },
    refuses: [
      ...(['GATEWAY_CREDENTIALS_UNWANTED', 'GATEWAY_CREDENTIALS_MISSING', 'GATEWAY_PERSON_UNKNOWN'] as const),
      ...(['GATEWAY_ROLE_UNKNOWN', 'GATEWAY_ROLE_NOT_HELD', 'GATEWAY_ROLE_UNBOUND', 'GATEWAY_ENGINE_AWAY'] as const),
      ...(['GATEWAY_GATE_UNREACHABLE', 'PLAYBOOK_UNKNOWN', 'PLAYBOOK_INVALID', 'PLAYBOOK_INPUTS_INVALID'] as const),
      'DOCUMENT_UNKNOWN',
    ],
  },
  readIncident: {
    ...{ method: 'GET', path: '/v1/incidents/:id', id: 'readIncident', group, operation: 'read' },
    title: 'How an incident stands',
    says: "The engine's own answer; where the engine is silent, what the ledger knows (`source`).",
    answers: { 200: json('How it stands.', ref('IncidentView')) },
  },
  readPlan: {
    ...{ method: 'GET', path: '/v1/incidents/:id/plan', id: 'readPlan', group, operation: 'read' },
    title: 'The plan that an incident is pinned to',
    answers: { 200: json('The plan.', ref('ExplainedPlan')) },
    refuses: ['DOCUMENT_UNKNOWN'],
  },
  exportBundle: {
    ...{
      method: 'POST',
      path: '/v1/incidents/:id/bundle',
      id: 'exportBundle',
      group,
      operation: 'export',
      keyed: true,
    },
    title: 'Export the signed record',
    body: { schema: ref('BundleBody'), example: { audience: 'auditor' } },
    answers: {
      200: {
        ...json(
          'Where it lies; with `download`, the bundle itself as `application/octet-stream`.',
          ref('ExportedBundle'),
        ),
      },
    },
    refuses: ['BUNDLE_KEY_MISSING', 'BUNDLE_UNWRITABLE', 'JOURNAL_BROKEN'],
  },
  releaseIncident: {
    ...{ method: 'POST', path: '/v1/incidents/:id/release', id: 'releaseIncident', group, operation: 'resume' },
    keyed: true,
    title: 'Let an incident run that a detector opened beyond its key',
    body: { schema: ref('ReleaseBody'), example: { reason: 'it is as grave as the detector says' } },
    answers: {
      200: json('It runs.', {
        ...{ type: 'object', required: ['incident', 'released'], description: 'What was released.' },
        properties: { incident, released: { const: true } },
      }),
    },
    refuses: ['INCIDENT_NOT_HELD', 'DOCUMENT_UNKNOWN', 'GATEWAY_ENGINE_AWAY'],
  },
  dismissIncident: {
    ...{ method: 'POST', path: '/v1/incidents/:id/dismiss', id: 'dismissIncident', group, operation: 'resume' },
    keyed: true,
    title: 'End an incident that a detector opened beyond its key: it is nothing',
    says: 'It never runs; its reason is on record, and later alerts of the same subject say that it was dismissed.',
    body: { schema: ref('ReleaseBody'), example: { reason: 'a test of our own' } },
    answers: {
      200: json('It has ended.', {
        ...{ type: 'object', required: ['incident', 'dismissed'], description: 'What was dismissed.' },
        properties: { incident, dismissed: { const: true } },
      }),
    },
    refuses: ['INCIDENT_NOT_HELD'],
  },
} as const satisfies Record<string, Endpoint>;
