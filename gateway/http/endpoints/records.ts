import { list, ref, text } from '../../../contracts/api-schema-parts.ts';
import type { Endpoint } from '../endpoint.ts';
import { json, page, paged } from './parts.ts';

const group = 'Records';
const below = '/v1/incidents/:id';
const reading = { method: 'GET', group, operation: 'read' } as const;
const NUMBER = '^\\d{1,15}$';
const subject = { type: 'string', pattern: '^[0-9a-zA-Z/#:._-]{1,200}$' };
const objects = (says: string) => list(says, { type: 'object', description: 'As docs/operations.md has it.' });

/** What is on record of an incident. */
export const recordEndpoints = {
  readTimeline: {
    ...{ ...reading, path: `${below}/timeline`, id: 'readTimeline' },
    title: 'The journal, oldest first',
    says: '`after` takes a place in the journal (`seq`): the page begins behind it.',
    query: {
      limit: paged(200, 1_000).limit,
      after: { schema: { type: 'string', pattern: NUMBER, description: 'A `seq`; left out: from the start.' } },
    },
    answers: {
      200: {
        ...json('Records.', {
          ...{ type: 'object', required: ['records'], description: 'A page of the journal.' },
          properties: {
            records: list('Records.', ref('JournalRecord')),
            head: ref('JournalHead'),
            next: text('Give it as `after`; absent on the last page.', { pattern: NUMBER }),
          },
        }),
      },
    },
  },
  followEvents: {
    ...{ ...reading, path: `${below}/events`, id: 'followEvents' },
    title: 'The journal as it grows: server-sent events',
    says:
      'Each record is an event: its `seq` the id, its kind the name, the record the data. Comments are heartbeats. A stream that breaks off, ' +
      'or is closed because its reader is slow, is resumed behind `Last-Event-ID` (or `after`): no record comes twice, none is missing. ' +
      'The last event is `end`, once the incident is closed; asked again behind it, the answer is 204.',
    query: {
      after: { schema: { type: 'string', pattern: NUMBER, description: 'A `seq`; `Last-Event-ID` goes before.' } },
    },
    headers: {
      'Last-Event-ID': { type: 'string', pattern: NUMBER, description: 'Id of the last event that was read.' },
    },
    answers: {
      200: { says: 'The stream.', media: 'text/event-stream' },
      204: { says: 'The incident is closed, and nothing follows.' },
    },
    refuses: ['GATEWAY_STREAMS_TOO_MANY'],
  },
  readEffects: {
    ...{ ...reading, path: `${below}/effects`, id: 'readEffects' },
    title: 'How many effects stand how, by action',
    answers: { 200: json('Counts.', ref('EffectsView')) },
  },
  readReceipts: {
    ...{ ...reading, path: `${below}/receipts`, id: 'readReceipts' },
    title: 'Receipts of one effect, oldest first',
    query: {
      action: { schema: { ...subject, description: 'Action.' }, required: true },
      subject: { schema: { ...subject, description: 'Target.' }, required: true },
      ...paged(500, 1_000),
    },
    answers: { 200: page('A page of receipts.', { receipts: list('Receipts.', ref('ReceiptEntry')) }) },
    refuses: ['GATEWAY_CURSOR_INVALID'],
  },
  readDuties: {
    ...{ ...reading, path: `${below}/duties`, id: 'readDuties' },
    title: 'What stays to be done under law and after the incident',
    says: 'Filings, follow-ups and tickets count as rows, oldest first. Obligations are all on the first page.',
    query: paged(500, 1_000),
    answers: {
      200: page('A page of duties.', {
        filings: objects('Filings.'),
        followUps: objects('Follow-ups.'),
        tickets: objects('Tickets.'),
        obligations: list('Legal duties.', ref('ObligationStatus')),
      }),
    },
    refuses: ['GATEWAY_CURSOR_INVALID'],
  },
  listDocuments: {
    ...{ ...reading, path: `${below}/documents`, id: 'listDocuments' },
    title: 'Documents, oldest first',
    says: "Counsel's lane is listed to counsel only.",
    query: paged(500, 1_000),
    answers: { 200: page('A page of documents.', { documents: list('Documents.', ref('DocumentEntry')) }) },
    refuses: ['GATEWAY_CURSOR_INVALID'],
  },
  readDocument: {
    ...{ ...reading, path: `${below}/documents/:document`, id: 'readDocument' },
    title: 'A document',
    answers: { 200: { says: 'Its bytes; `X-Content-SHA256` is their hash.', media: '*/*' } },
    refuses: ['DOCUMENT_UNKNOWN', 'DOCUMENT_CHANGED'],
  },
} as const satisfies Record<string, Endpoint>;
