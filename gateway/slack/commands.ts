import { CodedError } from '../../contracts/errors.ts';
import { isIncidentId, type IncidentId } from '../../contracts/ids.ts';
import { isJsonObject, type Json } from '../../contracts/json.ts';
import { pauseOrGoOn, stopOrResume } from '../acts.ts';
import { authorize } from '../auth/authorize.ts';
import { incidentOf, readRow, readStatus } from '../incident-view.ts';
import { button, buttons, context, message, say, section, type SlackMessage } from './blocks.ts';
import { actions, askCard, gateCard, instant, named, statusMessage } from './cards.ts';
import { openDeclaration } from './declare.ts';
import type { SlackHouse, Visitor } from './house.ts';

/** A slash command as it came. */
export interface Command {
  readonly text: string;
  readonly channel: string;
}

/** What a command comes to: an answer that only its sender sees; `undefined` where a modal is the answer. */
export type Answer = SlackMessage | undefined;

const TIMELINE_RECORDS = 15;
const CARDS_MAX = 4; // gates or questions shown with buttons at once
const FACT_CHARS = 200;

const HELP = [
  '*Firebreak*',
  '`/firebreak` or `declare [playbook]`: start a playbook; you see what it would do before it does anything',
  '`/firebreak drill [playbook]`: the same with every effect fenced off',
  '`/firebreak status [INC-...]`: what runs, what waits for whom, which clock ends when',
  '`/firebreak approve [INC-...]`: open gates with what they let through',
  '`/firebreak facts [INC-...]`: what is known, what is asked, say a fact',
  '`/firebreak pause INC-... STEP REASON`: a rollout takes no new page',
  '`/firebreak stop INC-... REASON`: everything stops before its next target',
  '`/firebreak timeline [INC-...]`, `/firebreak roles [INC-...]`: the newest records; who holds which role',
  'In the room of an incident its id may be left out. Lifting a stop and everything else: the command line `firebreak`, which needs no Slack.',
];

/** Splits off the first word. */
function firstWord(text: string): readonly [string, string] {
  const [word = '', ...rest] = text.trim().split(/\s+/);
  return [word, rest.join(' ')];
}

/** The incident that is named first, else that of the room; with what is left of the text. @throws SLACK_COMMAND_UNKNOWN */
async function incidentFor(
  { rooms }: SlackHouse,
  text: string,
  channel: string,
): Promise<readonly [IncidentId, string]> {
  const [word, rest] = firstWord(text);
  if (isIncidentId(word)) return [word, rest];
  const row = await rooms.incidentIn(channel);
  if (!row) throw new CodedError('SLACK_COMMAND_UNKNOWN', 'name an incident, such as INC-2026-0042');
  return [row.incident, text];
}

async function showStatus(house: SlackHouse, { identity }: Visitor, { text, channel }: Command): Promise<Answer> {
  authorize(identity, 'read');
  const [word] = firstWord(text);
  const here = word === '' ? await house.rooms.incidentIn(channel) : undefined;
  if (word !== '' || here) return statusMessage(await readStatus(house.deps, here?.incident ?? incidentOf(word)));
  const open = await house.rooms.open();
  if (open.length === 0) return say('No incident is open.');
  const lines = open.map(
    ({ incident, mode, state, playbook, openedAt }) =>
      `${named(incident, mode)} ${state}: ${playbook}, since ${instant(openedAt)}`,
  );
  return message(
    `${open.length} open`,
    lines.map((line) => section(line)),
  );
}

async function showGates(house: SlackHouse, { identity }: Visitor, { text, channel }: Command): Promise<Answer> {
  authorize(identity, 'read');
  const [incident] = await incidentFor(house, text, channel);
  const { gates, mode, source } = await readStatus(house.deps, incident);
  if (source === 'ledger') throw new CodedError('GATEWAY_ENGINE_AWAY', `gates of ${incident} cannot be read`);
  const open = gates.filter(({ state }) => state === 'open');
  if (open.length === 0) return say(`No gate of ${incident} is open.`);
  const left = open.slice(CARDS_MAX).map(({ id }) => context(`also open: ${id}`));
  const cards = open.slice(0, CARDS_MAX).flatMap((gate) => gateCard(incident, mode, gate).blocks);
  return message(`${open.length} open gates of ${incident}`, [...cards, ...left]);
}

function shortValue(value: Json): string {
  if (isJsonObject(value) && typeof value['at'] === 'string') return instant(value['at']);
  if (isJsonObject(value) && value['unknown'] === true) return 'unknown';
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, FACT_CHARS);
}

async function showFacts(house: SlackHouse, { identity }: Visitor, { text, channel }: Command): Promise<Answer> {
  authorize(identity, 'read');
  const [incident] = await incidentFor(house, text, channel);
  const view = await readStatus(house.deps, incident);
  const { facts, asks, mode } = view;
  const newest = new Map(facts.map((fact) => [fact.key, fact]));
  const known = [...newest.values()].map(
    ({ key, value, by, confidence }) => `\`${key}\` ${shortValue(value)} (${confidence} by ${by})`,
  );
  const asked = asks.slice(0, CARDS_MAX).flatMap((ask) => askCard(view, ask).blocks);
  return message(`Facts of ${incident}`, [
    section(`${named(incident, mode)}: ${known.length === 0 ? 'no fact is known' : 'what is known'}`),
    ...known.map((line) => section(line)),
    buttons(button(actions.sayFact, 'Say a fact', { i: incident })),
    ...asked,
  ]);
}

async function showTimeline(house: SlackHouse, { identity }: Visitor, { text, channel }: Command): Promise<Answer> {
  authorize(identity, 'read');
  const [incident] = await incidentFor(house, text, channel);
  const { ledger } = house.deps;
  const { mode } = await readRow(house.deps, incident);
  const head = await ledger.journal.head(incident);
  const after = Math.max(0, (head?.seq ?? 0) - TIMELINE_RECORDS);
  const records = await ledger.journal.read(incident, { after, limit: TIMELINE_RECORDS });
  const lines = records.map(({ seq, at, kind, actor, body }) => {
    const { step } = body;
    return `${seq}  ${instant(at)}  *${kind}*  ${actor}${typeof step === 'string' ? `  ${step}` : ''}`;
  });
  return message(`Timeline of ${incident}`, [
    section(`${named(incident, mode)}: the newest ${lines.length} of ${head?.seq ?? 0} records`),
    section(lines.join('\n')),
    context(`\`firebreak timeline ${incident}\` has them all`),
  ]);
}

async function showRoles(house: SlackHouse, { identity }: Visitor, { text, channel }: Command): Promise<Answer> {
  authorize(identity, 'read');
  const [incident] = await incidentFor(house, text, channel);
  const { roles, mode } = await readRow(house.deps, incident);
  const lines = Object.entries(roles).map(([role, ids]) => `*${role}*: ${ids.join(', ') || 'nobody'}`);
  return message(`Roles of ${incident}`, [section(named(incident, mode)), section(lines.join('\n'))]);
}

/** Key of an act by command: Slack delivers one again with the same trigger. */
function speakerOf({ identity, trigger }: Visitor): Parameters<typeof stopOrResume>[1] {
  return { identity, key: `slack:${trigger}` };
}

async function stop(house: SlackHouse, visitor: Visitor, { text, channel }: Command): Promise<Answer> {
  const [incident, reason] = await incidentFor(house, text, channel);
  if (reason === '') throw new CodedError('SLACK_COMMAND_UNKNOWN', 'say why: `/firebreak stop INC-... REASON`');
  const { effect } = await stopOrResume(house.deps, speakerOf(visitor), incident, 'stop', { reason });
  return say(`${incident}: ${effect}. Lift it with \`firebreak resume ${incident} --reason ...\``);
}

async function pause(house: SlackHouse, visitor: Visitor, { text, channel }: Command): Promise<Answer> {
  const [incident, rest] = await incidentFor(house, text, channel);
  const [step, reason] = firstWord(rest);
  if (step === '' || reason === '')
    throw new CodedError('SLACK_COMMAND_UNKNOWN', 'say which and why: `/firebreak pause INC-... STEP REASON`');
  const order = { step, order: 'pause' } as const;
  const { effect } = await pauseOrGoOn(house.deps, speakerOf(visitor), incident, order, { reason });
  return say(`${incident}: ${effect}. Let it go on with \`firebreak rollout resume ${incident} ${step} --reason ...\``);
}

async function declare(
  house: SlackHouse,
  visitor: Visitor,
  { text }: Command,
  mode: 'live' | 'drill',
): Promise<Answer> {
  const [playbook] = firstWord(text);
  await openDeclaration(house, visitor, { mode, ...(playbook === '' ? {} : { playbook }) });
  return undefined;
}

type Verb = (house: SlackHouse, visitor: Visitor, command: Command) => Promise<Answer>;

const verbs: Readonly<Record<string, Verb>> = {
  '': (house, visitor, command) => declare(house, visitor, command, 'live'),
  declare: (house, visitor, command) => declare(house, visitor, command, 'live'),
  drill: (house, visitor, command) => declare(house, visitor, command, 'drill'),
  status: showStatus,
  approve: showGates,
  facts: showFacts,
  pause,
  stop,
  timeline: showTimeline,
  roles: showRoles,
  help: () => Promise.resolve(message('Firebreak', [section(HELP.join('\n'))])),
};

/** Whether a command changes something, so that it is acknowledged only once that is stored. */
export function isAct({ text }: Command): boolean {
  return ['stop', 'pause'].includes(firstWord(text)[0].toLowerCase());
}

/**
 * Runs a slash command.
 *
 * @throws SLACK_COMMAND_UNKNOWN; what the acts throw.
 */
export async function runCommand(house: SlackHouse, visitor: Visitor, { text, channel }: Command): Promise<Answer> {
  const [word, rest] = firstWord(text);
  const verb = Object.hasOwn(verbs, word.toLowerCase()) ? verbs[word.toLowerCase()] : undefined;
  if (!verb)
    throw new CodedError('SLACK_COMMAND_UNKNOWN', `known are ${Object.keys(verbs).filter(Boolean).join(', ')}`);
  return verb(house, visitor, { text: rest, channel });
}
