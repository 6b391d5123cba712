import { CodedError } from '../../contracts/errors.ts';
import type { IncidentView } from '../../contracts/api.ts';
import type { AskStatus } from '../../contracts/messages.ts';
import { addFact, resolveStep } from '../acts.ts';
import { authorize } from '../auth/authorize.ts';
import type { Identity } from '../auth/identity.ts';
import { isKnownFact } from '../fact-door.ts';
import { incidentOf, readRow, readStatus } from '../incident-view.ts';
import { askForm, factForm, fieldsOfAsk, fieldsOfFact, valuesForEngine } from './answer-forms.ts';
import { modal, section, type Block, type ButtonValue } from './blocks.ts';
import { stateOf, type Submission, type SubmissionAnswer } from './declare.ts';
import type { SlackHouse, Visitor } from './house.ts';
import { refusalText } from './in-time.ts';
import { enteredText, readFields } from './schema-form.ts';

/** Opens an empty modal at once, since a trigger lives three seconds, and fills it when what it shows has been read. */
async function openThenFill({ api }: SlackHouse, trigger: string, fill: () => Promise<Block>): Promise<void> {
  const { view } = await api.ask('views.open', {
    trigger_id: trigger,
    view: modal('fb_reading', 'Firebreak', [section('Reading ...')]),
  });
  const id = (view as { readonly id?: unknown } | undefined)?.id;
  const filled = await fill().catch((error: unknown) =>
    modal('fb_refused', 'Firebreak', [section(refusalText(error))]),
  );
  await api.ask('views.update', { view_id: id, view: filled });
}

/** The open question of a step. @throws SLACK_CARD_STALE, GATEWAY_ENGINE_AWAY */
async function findAsk(
  { deps }: SlackHouse,
  incident: string,
  step: string,
): Promise<{ readonly ask: AskStatus; readonly uses: string; readonly view: IncidentView }> {
  const view = await readStatus(deps, incidentOf(incident));
  const { asks, steps, source } = view;
  if (source === 'ledger') throw new CodedError('GATEWAY_ENGINE_AWAY', `questions of ${incident} cannot be read`);
  const ask = asks.find((one) => one.step === step);
  if (!ask) throw new CodedError('SLACK_CARD_STALE', `${step} asks nothing any more: somebody was quicker`);
  return { ask, uses: steps.find(({ id }) => id === step)?.uses ?? '', view };
}

/** Opens the form of a question. @throws SLACK_CARD_STALE, GATEWAY_FORBIDDEN, SLACK_UNAVAILABLE */
export async function openAnswer(
  house: SlackHouse,
  { identity, trigger }: Visitor,
  { i, s }: ButtonValue,
): Promise<void> {
  authorize(identity, 'resolve');
  if (s === undefined) throw new CodedError('SLACK_CARD_STALE', 'the button names no step');
  await openThenFill(house, trigger, async () => {
    const { ask, uses, view } = await findAsk(house, i, s);
    return askForm(view, ask, uses);
  });
}

/** Opens the form of a fact. @throws GATEWAY_FORBIDDEN, SLACK_UNAVAILABLE */
export async function openFact(house: SlackHouse, { identity, trigger }: Visitor, { i }: ButtonValue): Promise<void> {
  authorize(identity, 'fact');
  await openThenFill(house, trigger, async () => {
    const { mode } = await readRow(house.deps, incidentOf(i));
    return factForm(i, mode, undefined);
  });
}

/** Shows the field of the fact that was picked. */
export async function pickFact(
  { api, deps }: SlackHouse,
  { identity }: Visitor,
  { view, state, fact }: { readonly view: string; readonly state: string; readonly fact: string },
): Promise<void> {
  authorize(identity, 'fact');
  if (!isKnownFact(fact)) throw new CodedError('FACT_UNKNOWN', 'there is no such fact');
  const { incident, mode } = await readRow(deps, incidentOf(stateOf(state)['i'] ?? ''));
  await api.ask('views.update', { view_id: view, view: factForm(incident, mode, fact) });
}

/** The role that was asked, where this person holds it. */
function roleOf({ of }: AskStatus, { roles }: Identity): object {
  return roles.includes(of) ? { role: of } : {};
}

function done(effect: string): SubmissionAnswer {
  return { response_action: 'update', view: modal('fb_taken', 'Firebreak', [section(`${effect}.`)]) };
}

/**
 * Takes the answer to a question. The same form twice is one answer.
 *
 * @throws SLACK_CARD_STALE, GATEWAY_ and ASK_ codes.
 */
export async function takeAnswer(
  house: SlackHouse,
  { identity }: Visitor,
  { view, state, entered }: Submission,
): Promise<SubmissionAnswer> {
  const { i = '', s = '' } = stateOf(state);
  authorize(identity, 'resolve');
  const { ask, uses } = await findAsk(house, i, s);
  const { properties, required } = fieldsOfAsk(ask, uses);
  const { values, faults } = readFields(properties, required, entered);
  if (Object.keys(faults).length > 0) return { response_action: 'errors', errors: faults };
  const speaker = { identity, key: `slack:view:${view}` };
  if (uses === 'wait.for') {
    const [fact, value] = Object.entries(values)[0] ?? [];
    const body = { key: fact, value, confidence: 'decided' };
    return done((await addFact(house.deps, speaker, i, body)).effect);
  }
  const body = { answer: 'done', values: valuesForEngine(uses, values), ...roleOf(ask, identity) };
  return done((await resolveStep(house.deps, speaker, i, s, body)).effect);
}

/** Takes a fact. The same form twice is one fact. @throws GATEWAY_ codes */
export async function takeFact(
  { deps }: SlackHouse,
  { identity }: Visitor,
  { view, state, entered, fact }: Submission & { readonly fact: string },
): Promise<SubmissionAnswer> {
  const { i = '' } = stateOf(state);
  const { properties, required } = fieldsOfFact(fact);
  const { values, faults } = readFields(properties, required, entered);
  if (Object.keys(faults).length > 0) return { response_action: 'errors', errors: faults };
  const confidence = enteredText(entered, 'confidence') || 'stated';
  const body = { key: fact, confidence, ...(values[fact] === undefined ? {} : { value: values[fact] }) };
  return done((await addFact(deps, { identity, key: `slack:view:${view}` }, i, body)).effect);
}
