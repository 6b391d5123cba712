import type { JsonObject } from './json.ts';
import { anyObject, body, digest, flag, instant, list, mapOf, name, oneOf, text, words } from './api-schema-parts.ts';

const role = name('Role to speak in; left out: the first of your roles that you hold in this incident.');
const reason = words('Why; it is kept for good.');
const step = text('Id of a step.', { pattern: '^[a-z0-9-]{1,40}(/[a-z0-9-]{1,40}){0,7}$' });
const states = list(
  'States that are taken up; `failed` and `refuted` where left out, others need `list`.',
  oneOf('A state.', ['failed', 'refuted', 'unknown', 'bounced']),
);

const credential = body(
  'A credential. Its value is sealed before anything else; the gateway cannot open it again.',
  { value: words('Raw value.') },
  {
    issuer: name('Issuer as configured; `own` where left out.'),
    kind: name('Kind of credential.'),
    name: words('What its owner calls it.'),
    owner: words('Person id at the directory.'),
  },
);

/** Components of the document that describe what is sent, by name. */
export const bodySchemas: Readonly<Record<string, JsonObject>> = {
  StartBody: body(
    'Starts an incident, or joins the one that the same key started.',
    { playbook: name('Playbook to run.') },
    {
      inputs: anyObject('Inputs as the playbook declares them.'),
      mode: oneOf('`live` where left out.', ['live', 'drill', 'preview']),
      roles: mapOf('People for roles, deputies after the first; the rest is bound from on-call and people.', {
        ...list('Person ids.', text('Person id.')),
      }),
      credentials: list('For playbooks with an input `upload`.', credential, { maxItems: 500 }),
    },
  ),
  DecisionBody: body(
    'A decision at a gate.',
    {
      gate: text('Gate, e.g. `contain#1`.', { pattern: '^[a-z0-9/-]{1,320}#\\d{1,6}(?:[a-z0-9:-]{0,40})$' }),
      digest: digest('Digest of what you saw; where it has changed, the decision is refused.'),
      answer: oneOf('What you decide.', ['approve', 'reject']),
    },
    {
      role,
      comment: words('What you want to add.'),
      breakGlass: flag('An admin decides alone; announced everywhere, reviewed afterwards.'),
      signature: words('By your own key, where the gate asks for it: base64url.'),
    },
  ),
  FactBody: body(
    'A fact.',
    { key: words('Key of the fact catalogue.'), value: { description: 'As its key declares it.' } },
    { confidence: oneOf('`stated` where left out.', ['proposed', 'stated', 'decided']) },
  ),
  ResolutionBody: body(
    'What became of a step that asks people, or what is to become of a failed one.',
    { answer: oneOf('Your answer.', ['done', 'retry', 'skip', 'mark-done', 'stop']) },
    { role, values: anyObject('Facts, evidence, or the filing, as the step asks.'), comment: words('What you add.') },
  ),
  AmendmentBody: body(
    'An amendment: one of `run`, `skip` and `undo`.',
    { reason },
    {
      run: text('Amendment of the playbook that is run.'),
      inputs: anyObject('Its inputs.'),
      skip: step,
      undo: list('Steps whose act is taken back, the one that ended last first.', step, { maxItems: 500 }),
      role,
    },
    { oneOf: [{ required: ['run'] }, { required: ['skip'] }, { required: ['undo'] }] },
  ),
  StopBody: body('Stops, or lets go on.', { reason }, { step, role }),
  BundleBody: body(
    'An export.',
    {},
    {
      audience: oneOf('`auditor` where left out.', ['authority', 'auditor', 'law-enforcement']),
      download: flag('`true`: the answer is the bundle itself.'),
    },
  ),
  ReleaseBody: body('Lets an incident run that waits.', { reason }),
  RolloutOrderBody: body('An order to a rollout.', { reason }, { role }),
  RolloutRateBody: body(
    'Another pace.',
    { reason },
    {
      role,
      window: { type: 'integer', minimum: 0, maximum: 16, description: 'Pages in flight.' },
      perMinute: {
        ...{ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
        description: 'Targets a minute, at most what the playbook allows; 0 lifts what was asked before.',
      },
    },
  ),
  RolloutRetryBody: body(
    'Takes up what did not come through.',
    { reason },
    { role, states, list: digest('Digest of the list of targets that you saw.') },
  ),
  HoldBody: body(
    'Somebody who must not be told.',
    {
      audience: words('`everyone`, `people`, `controllers`, `locale:de` or `person:<subject>`.'),
      basis: words('Legal basis.'),
    },
    { until: instant('When it runs out; left out: only when it is lifted.') },
  ),
  LiftBody: body('Lifts a hold.', { reason }),
  EmptyBody: body('Nothing.', {}),
};
