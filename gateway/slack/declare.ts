import { createHash } from 'node:crypto';
import { CodedError } from '../../contracts/errors.ts';
import { isIncidentId } from '../../contracts/ids.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../../contracts/json.ts';
import { checkInputs } from '../../playbooks/check-inputs.ts';
import { findPlaybook } from '../../playbooks/library.ts';
import { start } from '../acts.ts';
import { authorize } from '../auth/authorize.ts';
import { compileFor } from '../compile-for.ts';
import { readRow } from '../incident-view.ts';
import { modal, section, type Block } from './blocks.ts';
import { actions } from './cards.ts';
import { blockOf, enteredChoices, enteredText, pickedOption, readFields, type ViewValues } from './schema-form.ts';
import { declarationView, startedView } from './declare-views.ts';
import { externalIdOf, forecast, previewView } from './forecast.ts';
import type { SlackHouse, Visitor } from './house.ts';

const PREVIEW_HOLDS_MS = 60 * 60_000; // what a preview counted an hour ago is not what would be touched now
const STATE_MAX = 2_000; // characters of a modal's state; ours are far below

/** A modal that was sent off. */
export interface Submission {
  /** Id of the view. */
  readonly view: string;
  /** `private_metadata`: ids. */
  readonly state: string;
  readonly entered: ViewValues;
}

/** What Slack is answered to a modal: faults by block, another view in its place, or one on top. */
export type SubmissionAnswer =
  | { readonly response_action: 'errors'; readonly errors: Readonly<Record<string, string>> }
  | { readonly response_action: 'update' | 'push'; readonly view: Block };

/** A modal's state: what we put there, read back. @throws SLACK_CARD_STALE */
export function stateOf(text: string): Readonly<Record<string, string>> {
  try {
    const value = JSON.parse(text.slice(0, STATE_MAX)) as unknown;
    if (isJsonObject(value) && Object.values(value).every((member) => typeof member === 'string'))
      return value as Readonly<Record<string, string>>;
  } catch {
    // said below
  }
  throw new CodedError('SLACK_CARD_STALE', 'the form is not one of ours');
}

/** Opens the form of a start. @throws GATEWAY_FORBIDDEN, PLAYBOOK_UNKNOWN, SLACK_UNAVAILABLE */
export async function openDeclaration(
  { api, deps }: SlackHouse,
  { identity, trigger }: Visitor,
  asked: { readonly mode: 'live' | 'drill'; readonly playbook?: string },
): Promise<void> {
  authorize(identity, 'start');
  await api.ask('views.open', { trigger_id: trigger, view: declarationView(deps, asked) });
}

/** Shows the fields of the playbook that was picked. */
export async function pickPlaybook(
  { api, deps }: SlackHouse,
  { identity }: Visitor,
  { view, state, playbook }: { readonly view: string; readonly state: string; readonly playbook: string },
): Promise<void> {
  authorize(identity, 'start');
  const mode = stateOf(state)['m'] === 'drill' ? 'drill' : 'live';
  await api.ask('views.update', { view_id: view, view: declarationView(deps, { mode, playbook }) });
}

/** People chosen for the roles of the playbook; those left out are bound as ever. */
function rolesOf(entered: ViewValues): JsonObject {
  const chosen = Object.keys(entered)
    .filter((block) => block.startsWith('role:'))
    .map((block) => [block.slice('role:'.length), enteredChoices(entered, block)] as const);
  return Object.fromEntries(chosen.filter(([, ids]) => ids.length > 0));
}

/**
 * Takes the form: runs a preview of what was asked, which reads and does nothing, and shows it with a button to start.
 * The preview is stored like any incident, so that the start needs its id only.
 */
export async function takeDeclaration(
  house: SlackHouse,
  { identity }: Visitor,
  { view, entered }: Submission,
): Promise<{ readonly answer: SubmissionAnswer; readonly after?: () => Promise<void> }> {
  const { deps } = house;
  authorize(identity, 'start');
  const playbook = pickedOption(entered, 'playbook', actions.pickPlaybook);
  const schema: JsonObject = findPlaybook(deps.library, playbook).playbook.inputs ?? { properties: {} };
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
  const { values, faults } = readFields(properties, required, entered);
  const errors: Record<string, string> = { ...faults };
  for (const { pointer, message } of checkInputs(schema, values)) {
    const named = blockOf(pointer.split('/')[1] ?? '');
    errors[Object.hasOwn(entered, named) ? named : 'playbook'] ??= message.slice(0, 140);
  }
  if (Object.keys(errors).length > 0) return { answer: { response_action: 'errors', errors } };
  const body = { playbook, inputs: values, mode: 'preview', roles: rolesOf(entered) };
  const content = createHash('sha256').update(canonicalJson(body)).digest('hex').slice(0, 16);
  const started = await start(deps, { identity, key: `slack:preview:${view}:${content}` }, body);
  const mode = enteredText(entered, 'mode') === 'drill' ? 'drill' : 'live';
  const row = await readRow(deps, started.incident);
  const compiled = compileFor(deps, playbook);
  const shown = { row, plan: compiled.plan, mode, requester: identity.id } as const;
  return {
    answer: { response_action: 'push', view: previewView(shown, undefined) },
    after: async () => {
      const counted = await forecast(deps, started.incident);
      await house.api.ask('views.update', {
        external_id: externalIdOf(started),
        view: previewView(shown, counted),
      });
    },
  };
}

/**
 * Starts what a preview showed: same playbook, inputs and people, the very plan, by the one who looked at it.
 *
 * @throws SLACK_PREVIEW_STALE; what {@link start} throws.
 */
export async function takeStart(
  { deps }: SlackHouse,
  { identity }: Visitor,
  { state }: Submission,
): Promise<SubmissionAnswer> {
  const { p: preview = '', m } = stateOf(state);
  const mode = m === 'drill' ? 'drill' : 'live';
  if (!isIncidentId(preview)) throw new CodedError('SLACK_CARD_STALE', 'the form names no preview');
  const row = await readRow(deps, preview);
  const { playbook, inputs, roles, requester, planHash } = row;
  if (row.mode !== 'preview' || requester !== identity.id)
    throw new CodedError('SLACK_PREVIEW_STALE', `${preview} is not a preview that you asked for`);
  if (Date.now() - Date.parse(row.openedAt) > PREVIEW_HOLDS_MS)
    throw new CodedError('SLACK_PREVIEW_STALE', `${preview} is older than an hour`);
  if (compileFor(deps, playbook).planHash !== planHash)
    throw new CodedError('SLACK_PREVIEW_STALE', `${playbook} has changed since ${preview}`);
  const body = { playbook, inputs, mode, roles };
  const started = await start(deps, { identity, key: `slack:start:${preview}:${mode}` }, body);
  return { response_action: 'update', view: startedView(started, mode) };
}

/** A view that says what was refused, where a form has no field to say it at. */
export function refusedView(text: string): Block {
  return modal('fb_refused', 'Firebreak', [section(text)]);
}
