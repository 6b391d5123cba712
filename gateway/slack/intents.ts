import { createHash } from 'node:crypto';
import { CodedError, isCodedError } from '../../contracts/errors.ts';
import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import type { Intent } from '../../ledger/intent-port.ts';
import { asCoded } from '../http/problem.ts';
import { say, type ButtonValue } from './blocks.ts';
import { instant } from './cards.ts';
import { runCommand, type Command } from './commands.ts';
import type { SlackHouse, Visitor } from './house.ts';
import { inTime, isPassing, refusalText } from './in-time.ts';
import { takeDecision } from './presses.ts';
import type { Turn } from './turn.ts';
import type { WhoIs } from './who-is.ts';

const HOLDS_MS = 30 * 60_000; // what somebody wanted half an hour ago, they may not want any more
const KEPT_WITHIN_MS = 500; // what is left of the three seconds
const A_ROUND = 50; // intents
const AWAY = new Set(['GATEWAY_ENGINE_AWAY', 'GATEWAY_ANSWER_LATE']);
const FOR_ALL = new Set(['GATEWAY_ENGINE_AWAY', 'LEDGER_UNREACHABLE']); // nothing else would get through either

/** What a person is told of an act that could not be done at once: `kept`, or not known whether it is. */
export const keepingTexts = {
  kept: 'The engine is away. This is stored, and delivered as soon as the engine answers; you are told here what became of it. Of several answers to one gate the newest counts. After 30 minutes it is void.',
  unsure:
    'The engine is away, and it is not sure whether this was stored: it may still be delivered, for 30 minutes. Look at the card or the status once the engine answers; the same again is safe and never done twice.',
} as const;

/** A member of {@link keepingTexts}. */
export type Keeping = keyof typeof keepingTexts;

/** Something that a person did, as it is kept. */
export type KeptAct =
  | { readonly act: 'press'; readonly value: ButtonValue; readonly answer: 'approve' | 'reject' }
  | { readonly act: 'command'; readonly command: Command };

/** One for each gate: of what somebody answers it, the newest word is kept. */
function keyOfPress({ i, g = '' }: ButtonValue): string {
  const gate = createHash('sha256').update([i, g].join('\n')).digest('hex');
  return `press:${gate.slice(0, 32)}`;
}

/**
 * Keeps what somebody did, where the engine is away: it is done later, in their name, by the key that it has now.
 *
 * @param at - when they did it, ISO 8601 UTC. @param why - why it was not done.
 * @returns whether it is kept; `undefined` where it is not: for other reasons, and where the ledger is away too.
 */
export async function keepAct(
  { deps }: SlackHouse,
  { identity, user, trigger }: Visitor,
  kept: KeptAct,
  at: string,
  why: unknown,
): Promise<Keeping | undefined> {
  if (!isCodedError(why) || !AWAY.has(why.code)) return undefined;
  const { act, ...rest } = kept;
  const key = kept.act === 'command' ? `command:${trigger}` : keyOfPress(kept.value);
  const body = { ...rest, user, trigger } as unknown as JsonObject;
  try {
    await inTime(deps.ledger.intents.keep({ person: identity.id, key, act, body, at }), KEPT_WITHIN_MS);
    return 'kept';
  } catch (error) {
    const { code } = asCoded(error);
    deps.log({ door: 'slack', what: 'keep', act, code });
    return code === 'GATEWAY_ANSWER_LATE' ? 'unsure' : undefined;
  }
}

/** What was kept of a gate is over once the same person has answered it anew. Never throws. @param at - of the new answer. */
export async function dropKept(
  { deps }: SlackHouse,
  { identity }: Visitor,
  value: ButtonValue,
  at: string,
): Promise<void> {
  const old = { person: identity.id, key: keyOfPress(value), at };
  await deps.ledger.intents.settle(old, 'replaced').catch((error: unknown) => {
    deps.log({ door: 'slack', what: 'drop', code: asCoded(error).code });
  });
}

/** Does an act that was kept, in the name and with the rights that the person has now. @returns what it came to. */
async function carryOut(house: SlackHouse, who: WhoIs, { person, act, body, at }: Intent): Promise<string> {
  if (Date.now() - Date.parse(at) > HOLDS_MS)
    throw new CodedError('SLACK_CARD_STALE', `it could not be delivered within half an hour of ${instant(at)}`);
  const { user, trigger, value, answer, command } = body;
  if (typeof user !== 'string' || typeof trigger !== 'string')
    throw new CodedError('SLACK_CARD_STALE', 'what was stored is of another version');
  const identity = await who.identifyAgain(user);
  if (identity.id !== person) throw new CodedError('SLACK_USER_UNKNOWN', `the account is not ${person}'s any more`);
  const visitor: Visitor = { identity, user, trigger };
  if (act === 'press' && isJsonObject(value) && (answer === 'approve' || answer === 'reject'))
    return (await takeDecision(house, visitor, value as unknown as ButtonValue, answer)).text;
  if (act === 'command' && isJsonObject(command))
    return (await runCommand(house, visitor, command as unknown as Command))?.text ?? 'done';
  throw new CodedError('SLACK_CARD_STALE', 'what was stored is of another version');
}

async function tell({ deps, api }: SlackHouse, { person, at }: Intent, text: string): Promise<void> {
  const user = deps.people.find(({ id }) => id === person)?.slack;
  if (user === undefined) return;
  const message = say(`What you did at ${instant(at)}, while the engine was away: ${text}`);
  await api.ask('chat.postMessage', { channel: user, ...message }).catch(() => undefined); // it is done, told or not
}

/**
 * Delivers what people did while the engine was away, stops and pauses first, and tells each what became of it. What cannot
 * be delivered yet, for whatever passes by itself, waits for the next round until it is void.
 */
export async function deliverIntents(house: SlackHouse, who: WhoIs, turn: Turn): Promise<void> {
  const { intents } = house.deps.ledger;
  for (const intent of await intents.waiting(A_ROUND)) {
    if (!(await turn.take())) return;
    try {
      const text = await carryOut(house, who, intent);
      await intents.settle(intent, 'done');
      await tell(house, intent, text);
    } catch (error) {
      const { code } = asCoded(error);
      house.deps.log({ door: 'slack', what: 'intent', act: intent.act, code });
      if (FOR_ALL.has(code)) return;
      if (isPassing(error)) continue;
      await intents.settle(intent, code);
      await tell(house, intent, refusalText(error));
    }
  }
}
