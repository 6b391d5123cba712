import { CodedError, errorEntry, isCodedError } from '../../contracts/errors.ts';
import { renderCard } from './render-card.ts';
import { roomOf } from './card-board.ts';
import { runSingle, type SingleOutcome, type SingleRuntime } from '../single-effect.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import type { ActionCall, ActionResult } from '../../contracts/effects.ts';
import type { CapabilityEnvironment, SingleAction } from '../port.ts';
import type { ChatConnector } from './port.ts';

/** What the actions on the chat work with. */
export interface ChatActionsOptions {
  readonly connector: ChatConnector;
  readonly environment: CapabilityEnvironment;
  readonly runtime: SingleRuntime;
}

const HOLDERS_MAX = 3; // of a role: the lead and two deputies; who else holds it is asked when it escalates
const ASKED_LAST = 'admin'; // of every incident: asked when nobody else answers
const TRIES = 3; // attempts before a failure of the chat becomes an open item

/** What stands for an id where nothing was done. */
const NOTHING: ActionResult = { outputs: { id: 'none' } };

/** The actions on the chat by name; none fails a step because of the chat. */
export function chatActions(options: ChatActionsOptions): Readonly<Record<string, SingleAction>> {
  return {
    'chat.open': lenient((call) => open(call, options), options),
    'chat.post': lenient((call) => post(call, options), options),
    'chat.invite': lenient((call) => invite(call, options), options),
    'chat.topic': lenient((call) => topic(call, options), options),
  };
}

/**
 * Turns a failure of the chat into an open item: at once where retrying cannot help, after three attempts otherwise.
 * Failures of the ledger stay failures.
 */
function lenient(action: SingleAction, { runtime }: ChatActionsOptions): SingleAction {
  return async (call) => {
    try {
      return await action(call);
    } catch (error) {
      if (!isCodedError(error) || !/^(CHAT|CONNECTOR|EFFECT)_/.test(error.code)) throw error;
      if (errorEntry(error.code).kind === 'retryable' && runtime.attemptNumber() < TRIES) throw error;
      return { ...NOTHING, state: 'partial', openItems: [`[${error.code}] ${call.uses}: ${error.what}`] };
    }
  };
}

/**
 * Opens the room with its status card, pins the card, and invites who leads or deputises a role. A room without its pin or
 * somebody who cannot be invited is an open item, not a failure.
 *
 * @idempotency subject is the step; the room is known again by its key, the card by its metadata; who is in the room stays.
 */
async function open(call: ActionCall, options: ChatActionsOptions): Promise<ActionResult> {
  const { name, private: isPrivate } = call.with as { name: string; private?: boolean };
  const { connector } = options;
  const lacks: string[] = [];
  const result = await act(call, options, async (key, isRepeat) => {
    const { room } = await connector.openRoom({ name, isPrivate: isPrivate ?? true, key });
    const card = await connector.post(room, renderCard(call.incident, call.mode, {}), `${key}-card`, isRepeat);
    lacks.push(...(await furnish(call, options, room, card.id)));
    return { state: 'accepted', result: { id: room, room, card: card.id } };
  });
  return lacks.length === 0 ? result : { ...result, state: 'partial', openItems: lacks };
}

/** Pins the card and invites the people. @returns what could not be done, as open items; once the chat is away, no more is tried. */
async function furnish(
  call: ActionCall,
  options: ChatActionsOptions,
  room: string,
  card: string,
): Promise<readonly string[]> {
  const lacks: string[] = [];
  try {
    await options.connector.pin(room, card).catch((error: unknown) => {
      if (!isCodedError(error) || errorEntry(error.code).kind === 'retryable') throw error;
      lacks.push(`[${error.code}] chat.open: the status card is not pinned`);
    });
    const invited = Object.entries(call.roles).filter(([role]) => role !== ASKED_LAST);
    const people = new Set(invited.flatMap(([, ids]) => ids.slice(0, HOLDERS_MAX)).filter((id) => !id.includes(':')));
    for (const id of people) lacks.push(...(await inviteOne(options, room, id, `chat.open: ${id}`)));
  } catch (error) {
    if (!isCodedError(error)) throw error;
    lacks.push(`[${error.code}] chat.open: not everybody was invited`);
  }
  return lacks;
}

/** Invites a person. @returns an open item where the chat does not know them. */
async function inviteOne(
  { connector, environment }: ChatActionsOptions,
  room: string,
  id: string,
  what: string,
): Promise<readonly string[]> {
  const person = environment.staff(id);
  try {
    if (!person) throw new CodedError('CHAT_PERSON_UNKNOWN', `${id} is not in people.yaml`);
    const chatId = person.slack === undefined ? {} : { chatId: person.slack };
    await connector.invite(room, { address: person.address, ...chatId });
    return [];
  } catch (error) {
    if (!isCodedError(error, 'CHAT_PERSON_UNKNOWN')) throw error;
    return [`[CHAT_PERSON_UNKNOWN] ${what} could not be invited`];
  }
}

/** @idempotency subject is the step; a message that carries the key is not posted again. */
async function post(call: ActionCall, options: ChatActionsOptions): Promise<ActionResult> {
  const { text } = call.with as { text: string };
  return act(call, options, async (key, isRepeat) => {
    const { room } = await roomIn(call, options);
    const { id } = await options.connector.post(room, { text: scrubTokens(text) }, key, isRepeat);
    return { state: 'accepted', result: { id } };
  });
}

/** @idempotency subject is the step; who is in the room stays. */
async function invite(call: ActionCall, options: ChatActionsOptions): Promise<ActionResult> {
  const { of } = call.with as { of: string };
  const missing: string[] = [];
  const result = await act(call, options, async () => {
    const { room } = await roomIn(call, options);
    for (const id of call.roles[of] ?? [])
      missing.push(...(await inviteOne(options, room, id, `chat.invite: ${id} (${of})`)));
    return { state: 'accepted', result: { id: room } };
  });
  return missing.length === 0 ? result : { ...result, state: 'partial', openItems: missing };
}

/** @idempotency subject is the step; the same topic again changes nothing. */
async function topic(call: ActionCall, options: ChatActionsOptions): Promise<ActionResult> {
  const { text } = call.with as { text: string };
  return act(call, options, async () => {
    const { room } = await roomIn(call, options);
    await options.connector.topic(room, scrubTokens(text));
    return { state: 'accepted', result: { id: room } };
  });
}

async function roomIn(call: ActionCall, { runtime }: ChatActionsOptions): Promise<{ readonly room: string }> {
  const opened = await roomOf(runtime.ledger, call.incident);
  if (!opened) throw new CodedError('CHAT_ROOM_MISSING', `${call.incident} has no room`);
  return opened;
}

async function act(
  call: ActionCall,
  { connector, runtime }: ChatActionsOptions,
  how: (key: string, isRepeat: boolean) => Promise<SingleOutcome>,
): Promise<ActionResult> {
  const done = await runSingle(runtime, call, {
    action: call.uses,
    subject: call.step,
    class: connector.effect,
    params: { connector: connector.name, ...call.with },
    longestRequestMs: connector.longestRequestMs,
    act: how,
  });
  return done.state === 'withheld' ? NOTHING : { outputs: { id: done.result['id']! } };
}
