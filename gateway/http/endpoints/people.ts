import {
  body,
  count,
  digest,
  flag,
  incident,
  instant,
  list,
  mapOf,
  object,
  oneOf,
  text,
  words,
} from '../../../contracts/api-schema-parts.ts';
import type { Endpoint } from '../endpoint.ts';
import { json } from './parts.ts';

const reading = { method: 'GET', group: 'People', operation: 'read' } as const;
const names = (says: string) => list(says, text('Name.'));
const SHA256 = { pattern: '^[0-9a-f]{64}$' };

const person = object('A person; neither address nor account.', {
  id: text('Id.'),
  roles: names('Roles.'),
  oncall: names('On-call schedules that list the person.'),
  reachedBy: list('Ways by which the person is asked.', oneOf('A way.', ['mail', 'slack'])),
  hasKey: flag('An API key speaks for the person.'),
});

const handRecord = body(
  'What somebody did by hand.',
  { text: words('What was done; sealed, the journal holds its hash.'), at: instant('When; not ahead of now.') },
  {
    by: text('Who did it; left out, who speaks.', { minLength: 1, maxLength: 120 }),
    step: words('Step of the plan that it stands for.'),
    subject: text('One target by its pseudonym.', { pattern: '^[0-9a-f]{32}$' }),
    count: { type: 'integer', minimum: 1, maximum: 100_000_000, description: 'How many targets.' },
    evidence: body('A file that shows it; it stays where it is.', {
      name: text('Name.', { minLength: 1, maxLength: 120 }),
      sha256: text('Hash.', SHA256),
      bytes: count('Size.', { maximum: 100_000_000 }),
    }),
    entry: body('Line of an offline file that it was brought in from.', {
      hash: text('Hash of the line.', SHA256),
      prev: text('Hash of the line before.', SHA256),
      writtenAt: instant('When it was written down.'),
    }),
  },
  { not: { required: ['subject', 'count'] } },
);

const recorded = object('On record.', {
  incident,
  document: text('Id of the sealed document that holds the text.'),
  digest: digest('Its hash.'),
  isNew: flag('It was not there before.'),
});

/** Who asks, who is listed, who was bound; and what people did by hand. */
export const peopleEndpoints = {
  whoAmI: {
    ...{ ...reading, path: '/v1/me', id: 'whoAmI' },
    title: 'Who the key speaks for, and what that may ask for',
    answers: {
      200: json(
        'That.',
        object(
          'Who asks.',
          {
            id: text('Person id, or `key:<name>` of a machine.'),
            isMachine: flag('It is a machine.'),
            roles: names('Roles.'),
            key: text('Name of the key; never the key.'),
            may: names('Operations.'),
          },
          { playbooks: names('Playbooks it may start; absent: all.'), modes: names('Modes; absent: all.') },
        ),
      ),
    },
  },
  listPeople: {
    ...{ ...reading, path: '/v1/people', id: 'listPeople' },
    title: 'People, their roles, and how they are reached',
    answers: { 200: json('All.', object('All.', { people: list('People.', person) })) },
  },
  boundPeople: {
    ...{ ...reading, path: '/v1/incidents/:id/people', id: 'boundPeople' },
    title: 'Who was bound to which role when the incident was opened',
    answers: {
      200: json(
        'Those.',
        object('Bound people.', {
          incident,
          mode: oneOf('Mode.', ['live', 'drill', 'preview']),
          requester: text('Who asked for it.'),
          roles: mapOf('By role, deputies after the first.', names('Person ids.')),
        }),
      ),
    },
  },
  recordByHand: {
    ...{ method: 'POST', path: '/v1/incidents/:id/hand-records', id: 'recordByHand', group: 'Records' },
    ...{ operation: 'fact', keyed: true },
    title: 'Put on record what was done by hand',
    body: {
      schema: handRecord,
      example: { text: 'revoked the token in the console of the issuer', at: '2026-05-04T10:00:00Z', count: 1 },
    },
    answers: { 201: json('It is on record.', recorded), 200: json('It was.', recorded) },
    refuses: ['STEP_UNKNOWN', 'DOCUMENT_UNKNOWN'],
  },
} as const satisfies Record<string, Endpoint>;
