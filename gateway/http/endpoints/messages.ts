import { ref } from '../../../contracts/api-schema-parts.ts';
import type { Endpoint } from '../endpoint.ts';
import { json } from './parts.ts';

const below = '/v1/incidents/:id';
const answers = { 200: json('The run took it.', ref('Receipt')) };
const saying = { method: 'POST', group: 'Messages', keyed: true, asksEngine: true, answers } as const;
const DIGEST = '5f'.repeat(32);

/** What people and systems say to a run. */
export const messageEndpoints = {
  decide: {
    ...{ ...saying, path: `${below}/decisions`, id: 'decide', operation: 'decide' },
    title: 'Decide at a gate',
    body: { schema: ref('DecisionBody'), example: { gate: 'contain#1', digest: DIGEST, answer: 'approve' } },
    refuses: [
      ...(['GATE_UNKNOWN', 'GATE_CLOSED', 'GATE_STALE', 'GATE_ROLE', 'GATE_REQUESTER'] as const),
      ...(['GATE_FACTOR_MISSING', 'GATE_FACTOR_UNKNOWN', 'GATE_FACTOR_INVALID'] as const),
      'GATE_ALREADY_ANSWERED',
    ],
  },
  addFact: {
    ...{ ...saying, path: `${below}/facts`, id: 'addFact', operation: 'fact' },
    title: 'Say a fact',
    body: { schema: ref('FactBody'), example: { key: 'natureOfBreach', value: 'a token stood in a public log' } },
    refuses: ['FACT_UNKNOWN'],
  },
  resolveStep: {
    ...{ ...saying, path: `${below}/steps/:step/resolution`, id: 'resolveStep', operation: 'resolve' },
    title: 'Answer what a step asks, or decide on a failed one',
    says: 'A step inside a scope is written `round%2Fcontain`.',
    body: {
      schema: ref('ResolutionBody'),
      example: { answer: 'done', values: { riskToPeople: 'risk' }, comment: 'as counsel advised' },
    },
    refuses: ['STEP_NOT_WAITING', 'ASK_ROLE', 'ASK_EVIDENCE_MISSING', 'ASK_VALUE_MISSING', 'STEP_OUTPUTS_INVALID'],
  },
  amend: {
    ...{ ...saying, path: `${below}/amendments`, id: 'amend', operation: 'amend' },
    title: 'Run a declared amendment, skip a step, or take acts back',
    body: { schema: ref('AmendmentBody'), example: { skip: 'room', reason: 'there is no chat' } },
    refuses: ['AMENDMENT_UNKNOWN', 'AMENDMENT_TOO_EARLY', 'AMENDMENT_TOO_LATE', 'GATE_REQUESTER'],
  },
  stop: {
    ...{ ...saying, path: `${below}/stop`, id: 'stop', operation: 'stop' },
    title: 'Stop before the next target',
    body: { schema: ref('StopBody'), example: { reason: 'wrong store' } },
  },
  resume: {
    ...{ ...saying, path: `${below}/resume`, id: 'resume', operation: 'resume' },
    title: 'Go on after a stop',
    body: { schema: ref('StopBody'), example: { reason: 'right store' } },
    refuses: ['GATE_REQUESTER'],
  },
} as const satisfies Record<string, Endpoint>;
