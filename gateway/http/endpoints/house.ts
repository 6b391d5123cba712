import { anyObject, flag, list, object, ref, text } from '../../../contracts/api-schema-parts.ts';
import type { Endpoint } from '../endpoint.ts';
import { json, page, paged } from './parts.ts';

const open = { method: 'GET', operation: 'open' } as const;
const reading = { method: 'GET', operation: 'read', group: 'Playbooks' } as const;
const html = { 200: { says: 'A page that reads without scripts and without a network.', media: 'text/html' } } as const;
const who = text('Who asked.', { pattern: '^[A-Za-z0-9:._-]{1,120}$' });
const code = text('A registered code.', { pattern: '^[A-Z_]{1,60}$' });
const payloads = object('Payloads.', {
  payloads: list('As the protocol of the codec endpoint has them.', anyObject('A payload.')),
});

/** The house itself: health, what could be started, this document, the audit, the codec. */
export const houseEndpoints = {
  isAlive: {
    ...{ ...open, path: '/healthz', id: 'isAlive', group: 'Health' },
    title: 'Whether the process lives',
    answers: { 200: json('It does.', object('Health.', { ok: flag('It lives.') })) },
  },
  isReady: {
    ...{ ...open, path: '/readyz', id: 'isReady', group: 'Health' },
    title: 'Whether ledger and engine answer',
    answers: Object.fromEntries(
      ([200, 503] as const).map((status) => [
        status,
        json(
          status === 200 ? 'Both do.' : 'One does not.',
          object('Readiness.', { ok: flag('Both.'), ledger: flag('The ledger.'), engine: flag('The engine.') }),
        ),
      ]),
    ),
  },
  readDocumentation: {
    ...{ ...open, path: '/v1/openapi.json', id: 'readDocumentation', group: 'Documentation' },
    title: 'This document',
    answers: { 200: json('OpenAPI 3.1.', anyObject('The document.')) },
  },
  showDocumentation: {
    ...{ ...open, path: '/v1/docs', id: 'showDocumentation', group: 'Documentation' },
    title: 'This document as a page',
    answers: html,
  },
  listPlaybooks: {
    ...{ ...reading, path: '/v1/playbooks', id: 'listPlaybooks' },
    title: 'Playbooks that could be started',
    answers: { 200: json('All.', object('All.', { playbooks: list('Playbooks.', ref('PlaybookEntry')) })) },
  },
  explainPlaybook: {
    ...{ ...reading, path: '/v1/playbooks/:name/explain', id: 'explainPlaybook' },
    title: 'The plan of a playbook',
    answers: { 200: json('The plan.', ref('ExplainedPlan')) },
    refuses: ['PLAYBOOK_UNKNOWN', 'PLAYBOOK_INVALID'],
  },
  readAudit: {
    ...{ method: 'GET', path: '/v1/audit', id: 'readAudit', group: 'Audit', operation: 'audit' },
    title: 'Requests that were refused, newest first',
    says: 'Those of a minute that are alike share a row. What was said in a request is not kept.',
    query: { ...paged(100, 500), who: { schema: who }, code: { schema: code } },
    answers: { 200: page('A page of refusals.', { refusals: list('Refusals.', ref('RefusalView')) }) },
    refuses: ['GATEWAY_CURSOR_INVALID'],
  },
  showAudit: {
    ...{ method: 'GET', path: '/v1/audit/page', id: 'showAudit', group: 'Audit', operation: 'audit', isPage: true },
    title: 'The same as a page for a browser',
    says: 'A browser asks for a password: it is the API key; the user name does not matter.',
    query: { ...paged(100, 500), who: { schema: who }, code: { schema: code } },
    answers: html,
    refuses: ['GATEWAY_CURSOR_INVALID'],
  },
  decode: {
    ...{ method: 'POST', path: '/codec/decode', id: 'decode', group: 'Codec', operation: 'decode' },
    title: "The codec endpoint of Temporal's UI",
    says: 'Opens payloads for admins. It changes nothing, so it takes no `Idempotency-Key`.',
    body: { schema: payloads, example: { payloads: [] } },
    answers: { 200: json('Opened.', payloads) },
  },
  allowDecode: {
    ...{ method: 'OPTIONS', path: '/codec/decode', id: 'allowDecode', group: 'Codec', operation: 'open' },
    title: 'Whether a browser may use the codec endpoint',
    answers: { 204: { says: 'The headers say it.' } },
  },
} as const satisfies Record<string, Endpoint>;
