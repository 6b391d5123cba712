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

const effectState = text('State of an effect: `planned`, `claimed`, `accepted`, `verified` and so on.');
const counts = mapOf('How many effects stand in which state.', count('Number.'));

const journalRecord = object('A record of the journal.', {
  seq: count('Its place, from 1, without gaps.'),
  at: instant('When it was appended, to the microsecond.'),
  key: text('Unique in its incident.'),
  kind: text('What it records, e.g. `decision`.'),
  actor: text('Person id, `engine`, or `connector:<name>`.'),
  body: anyObject('What is recorded; of people only salted commitments.'),
  prevHash: digest('Hash of the record before.'),
  hash: digest('SHA-256 over the canonical record without `hash`.'),
});

const hold = object(
  'A hold.',
  {
    id: text('Id.'),
    audience: text('Whom it covers.'),
    by: text('Who placed it.'),
    basis: text('Legal basis.'),
    at: instant('Since when.'),
    active: flag('Neither lifted nor run out.'),
  },
  {
    until: instant('When it runs out.'),
    liftedAt: instant('When it was lifted.'),
    liftedBy: text('By whom.'),
    reason: text('Why.'),
  },
);

const alertResult = {
  event: text('Id at the detector.'),
  outcome: oneOf('What became of it.', [
    ...['started', 'joined', 'held', 'unmapped', 'ignored', 'after-close', 'dismissed', 'refused'],
  ]),
};
const alertMore = { incident, mode: oneOf('Mode.', ['live', 'drill', 'preview']), code: text('Why it was refused.') };

/** Components of the document that describe what is on record, by name. */
export const recordSchemas: Readonly<Record<string, JsonObject>> = {
  Problem: object('Any failure (RFC 9457).', {
    type: text('`urn:firebreak:error:<code>`.'),
    title: text('What the code means.'),
    status: count('HTTP status.'),
    detail: text('What failed.'),
    code: text('Registered code: branch on it. docs/errors.md lists all.'),
    remedy: text('What to do.'),
    requestId: text('Id of the request, as in `X-Request-Id` and in the log.'),
  }),
  Receipt: object('What every message to a run answers.', {
    id: text('Id of the message.'),
    at: instant('When the run took it.'),
    effect: text('What it led to.'),
  }),
  Started: object('A started, or joined, incident.', {
    incident,
    joined: flag('It was there before.'),
    planHash: digest('Hash of its plan.'),
  }),
  ExportedBundle: object('Where a bundle lies.', {
    path: text("Path on the gateway's machine."),
    records: count('Records in it.'),
    head: text('Hash of the newest of them.'),
  }),
  JournalRecord: journalRecord,
  JournalHead: object('Head of a journal.', { seq: count('Place of the newest record.'), hash: digest('Its hash.') }),
  DocumentEntry: object('A document.', {
    id: text('Id.'),
    name: text('Name.'),
    mediaType: text('Media type.'),
    digest: digest('SHA-256 of its bytes.'),
    bytes: count('Size.'),
    createdAt: instant('When it was stored.'),
    createdBy: text('By whom.'),
    handling: object('Who it is for.', {
      tlp: text('Traffic light.'),
      privilege: oneOf('`counsel`: for counsel only.', ['none', 'counsel']),
      audience: text('Audience.'),
    }),
  }),
  ReceiptEntry: object('A receipt.', {
    at: instant('When.'),
    kind: text('Claim, settle, look and so on.'),
    state: effectState,
    body: anyObject('What the outside answered; no raw value, no address.'),
  }),
  EffectsView: object('Effects by action.', {
    effects: mapOf('By action.', counts),
    codes: mapOf('Why some did not come through, by action.', mapOf('By code.', count('Number.'))),
  }),
  RolloutView: object(
    'A rollout.',
    {
      step: text('Step.'),
      visit: count('Visit of the step.'),
      action: text('Action.'),
      state: oneOf('How it stands.', ['running', 'held', 'stopped', 'ended']),
      targets: count('Targets.'),
      done: count('Settled or given up.'),
      counts,
      reasons: mapOf('Why others are not, by code.', count('Number.')),
      perMinute: count('Settled a minute.'),
      startedAt: instant('When it began.'),
      answeredAt: instant('When a page last answered.'),
    },
    { secondsLeft: count('At that rate.') },
  ),
  Target: object(
    'A target that did not come through.',
    {
      action: text('Action.'),
      subject: text('Pseudonym.'),
      state: effectState,
      generation: count('How often it was taken up.'),
    },
    { code: text('Why.') },
  ),
  HoldView: hold,
  HoldReport: object('A hold, and what had gone out to whom it covers.', {
    hold: ref('HoldView'),
    counts: mapOf('Notices that had gone out, by state.', count('Number.')),
    goneOut: list(
      'The first thousand of them.',
      object('A notice.', { subject: text('Pseudonym.'), state: effectState }, { at: instant('When.') }),
    ),
  }),
  BounceAnswer: object('What a report did.', {
    incident: text('Incident of the notice; empty for a repeat.'),
    action: oneOf('What it says.', ['failed', 'complained', 'delayed', 'repeated']),
    status: text('Status of RFC 3463; empty where there is none.'),
  }),
  ReconcileReport: object('What a pass settled.', {
    settled: list(
      'By run.',
      object('Claims of one ended run.', {
        incident: text('Incident.'),
        step: text('Step and visit.'),
        action: text('Action.'),
        class: oneOf('Class of the connector.', ['idempotent', 'keyed', 'checkable', 'blind']),
        settled: count('How many became `unknown`.'),
      }),
    ),
    open: count('Claims that may still act.'),
  }),
  DeliveryAnswer: object('What became of the alerts of a delivery.', {
    results: list('By alert.', object('An alert.', alertResult, alertMore)),
    replayed: flag('It came before; nothing was done again.'),
  }),
  AlertView: object(
    'An alert: what it was, never its content.',
    {
      ...alertResult,
      detector: text('Detector.'),
      kind: text('Kind.'),
      times: count('How often it came.'),
      firstAt: instant('When it first came.'),
      lastAt: instant('When it last came.'),
    },
    { ...alertMore, severity: oneOf('How grave.', ['low', 'medium', 'high', 'critical']) },
  ),
  RefusalView: object(
    'Refused requests of one minute that are alike. What was said in them is not kept.',
    {
      who: text('Person id, `key:<machine>`, `detector:<name>`, `address:<of a stranger>`, or `others`.'),
      route: text('Method and path.'),
      code: text('Why.'),
      times: count('How many.'),
      request: text('Request id of the newest.'),
      firstAt: instant('When the first came.'),
      lastAt: instant('When the last came.'),
    },
    { incident },
  ),
};
