import type { JsonObject } from './json.ts';
import {
  anyObject,
  count,
  digest,
  flag,
  incident,
  instant,
  list,
  mapOf,
  object,
  oneOf,
  ref,
  text,
} from './api-schema-parts.ts';

const mode = oneOf('Live: effects are real. Drill: they are fenced. Preview: nothing is done.', [
  'live',
  'drill',
  'preview',
]);
const state = oneOf('How far it is.', ['declared', 'contained', 'told', 'recovered', 'closed', 'stopped', 'dismissed']);

/** Members that the list of incidents and the status share. */
const common = {
  incident,
  mode,
  state,
  playbook: text('Name of its playbook.'),
  planHash: digest('Hash of the plan it is pinned to.'),
  requester: text('Who asked for it: person id, or `key:<name>` of a machine.'),
  openedAt: instant('When it was opened.'),
};
const closedAt = instant('When it was closed.');

const error = object('Why a step failed.', { code: text('Registered code.'), message: text('What failed.') });

const stepStatus = object(
  'A step.',
  {
    id: text('Id; inside a scope `round/contain`.'),
    uses: text('Action.'),
    title: text('What it does.'),
    state: oneOf('How it stands.', [
      ...['pending', 'waiting', 'running', 'succeeded', 'partial', 'failed', 'skipped', 'cancelled'],
    ]),
    visit: count('How often it was begun.'),
  },
  {
    waitsFor: text('What it waits for: `needs`, `gate`, `person`, `time`, `hold`, `pause`, `limit` or `retry`.'),
    startedAt: instant('When it began.'),
    endedAt: instant('When it ended.'),
    outputs: anyObject('What later steps read of it.'),
    error,
  },
);

const gateStatus = object(
  'A gate.',
  {
    id: text('Id, e.g. `contain#1`.'),
    step: text('Step that it guards.'),
    kind: oneOf('What it is about.', ['approval', 'failure', 'canary', 'limit', 'drift', 'returns', 'amendment']),
    question: text('What people are asked.'),
    digest: digest('Covers all that the gate shows: a decision names it.'),
    roles: list('Roles that may answer.', text('Role.')),
    rule: oneOf('Whether all roles have to answer.', ['all', 'any']),
    quorum: count('How many people have to approve.'),
    openedAt: instant('When it was opened.'),
    expiresAt: instant('When it escalates.'),
    escalations: count('How often it did.'),
    shows: object(
      'What it lets through.',
      {
        targets: count('How many targets.'),
        variants: list(
          'Texts that would go out.',
          object('A text.', {
            name: text('Name.'),
            count: count('To how many.'),
            sample: text('As one reader would see it.'),
          }),
        ),
        notes: list('What else to know.', text('A sentence.')),
      },
      { connector: text('Connector that would act.') },
    ),
    answers: list(
      'Who has answered.',
      object(
        'An answer.',
        {
          by: text('Person.'),
          role: text('Role spoken in.'),
          answer: oneOf('What was said.', ['approve', 'reject']),
          at: instant('When.'),
        },
        { factor: text('Public key of the person that signed too.') },
      ),
    ),
    state: oneOf('How it stands.', ['open', 'approved', 'rejected', 'voided', 'expired']),
  },
  { secondFactor: flag('Each yes needs a signature by the own key of who says it.') },
);

const askStatus = object(
  'Something that people are asked.',
  {
    step: text('Step that asks.'),
    of: text('Role that is asked.'),
    people: list('People who are asked.', text('Person id.')),
    text: text('The question.'),
    wants: list('Facts that are wanted.', text('Key of a fact.')),
    openedAt: instant('When it was asked.'),
    evidence: oneOf('Whether evidence has to be given.', ['required', 'optional', 'none']),
  },
  { dueAt: instant('Until when.') },
);

const obligationStatus = object(
  'A legal duty with its clock.',
  {
    id: text('Id.'),
    title: text('What it is.'),
    source: text('The text of law it follows from.'),
    state: oneOf('How it stands.', ['provisional', 'running', 'filed', 'not-required', 'overdue']),
    of: text('Role that has to see to it.'),
  },
  {
    dueAt: instant('Until when; absent while nothing starts its clock.'),
    filing: oneOf('Kind of filing that discharges it.', ['authority', 'law-enforcement']),
    policyTarget: flag("The date is the organisation's own: the law names none."),
    because: text('Why it stands as it does.'),
  },
);

const fact = object('A fact.', {
  key: text('Key of the fact catalogue.'),
  value: { description: 'As its key declares it.' },
  source: text('Where it came from: `input`, `step:<id>`, `person`, `detector:<name>`, `ledger`.'),
  at: instant('When it was said.'),
  confidence: oneOf('`decided`: by a person with the right role.', ['proposed', 'stated', 'decided']),
  by: text('Who said it.'),
});

/** Components of the document that describe incidents and how they stand, by name. */
export const statusSchemas: Readonly<Record<string, JsonObject>> = {
  StepStatus: stepStatus,
  GateStatus: gateStatus,
  AskStatus: askStatus,
  ObligationStatus: obligationStatus,
  Fact: fact,
  IncidentSummary: object('A row of the list of incidents.', common, { closedAt }),
  IncidentView: object(
    'How an incident stands.',
    {
      ...common,
      stopped: flag('Everything is stopped.'),
      steps: list('Its steps.', ref('StepStatus')),
      gates: list('Its gates.', ref('GateStatus')),
      asks: list('What people are asked.', ref('AskStatus')),
      obligations: list('Legal duties.', ref('ObligationStatus')),
      facts: list('What is known; of a key the last one counts.', ref('Fact')),
      openItems: list(
        'What stays open.',
        object('An open item.', { step: text('Step.'), text: text('What is open.') }),
      ),
      source: oneOf('`ledger`: the engine is silent; steps, gates and facts are then empty.', ['engine', 'ledger']),
    },
    { closedAt, instructions: mapOf('What is to be done at manual steps that wait, by step.', text('Instructions.')) },
  ),
  ExplainedPlan: object(
    'A plan.',
    {
      planHash: digest('Hash of the plan.'),
      text: text('The plan as a tree that people read.'),
      plan: anyObject('The plan as data; docs/playbooks.md describes what it is compiled from.'),
    },
    { instructions: mapOf('What people are to do at manual steps, by step.', text('Instructions.')) },
  ),
  PlaybookEntry: object('A playbook of the library.', {
    name: text('Name.'),
    title: text('Title.'),
    version: { type: 'integer', description: 'Version of the playbook.' },
    lacks: list(
      'Capabilities that have to be configured before it can be started.',
      text('Capability, or error code.'),
    ),
  }),
};
