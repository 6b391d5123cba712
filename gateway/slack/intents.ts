import { createHash } from 'node:crypto';
import { CodedError, isCodedError } from '../../contracts/errors.ts';
import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import type { Intent } from '../../ledger/intent-port.ts';
import { asCoded } from '../http/problem.ts';
import { say, type ButtonValue } from './blocks.ts';
import { instant } from './cards.ts';
import { runCommand, type Command } from './commands.ts';
import type { SlackHouse, Visitor } from './house.ts';
import { inTime, refusalText } from './in-time.ts';
import { takeDecision } from './presses.ts';
import type { Turn } from './turn.ts';
import { identityOf } from './who-is.ts';

const HOLDS_MS = 30 * 60_000; // what somebody wanted half an hour ago, they may not want any more
const KEPT_WITHIN_MS = 500; // what is left of the three seconds
const A_ROUND = 50; // intents
const AWAY = new Set(['GATEWAY_ENGINE_AWAY', 'GATEWAY_ANSWER_LATE']);

/** What a person is told of an act that is kept. */
export const KEPT =
  'The engine is away. This is stored, and delivered as soon as the engine answers; you are told here what became of it. After 30 minutes it is void.';

/** Something that a person did, as it is kept. */
export type KeptAct =
  | { readonly act: 'press'; readonly value: ButtonValue; readonly answer: 'approve' | 'reject' }
  | { readonly act: 'command'; readonly command: Command };

function keyOf({ trigger }: Visitor, kept: KeptAct): string {
  if (kept.act === 'command') return `command:${trigger}`;
  const { i, g = '', d = '' } = kept.value;
  const said = createHash('sha256').update([i, g, d].join('\n')).digest('hex');
  return `press:${said.slice(0, 32)}:${kept.answer}`;
}

/**
 * Keeps what somebody did, where the engine is away: it is done later, in their name, by the key that it has now.
 *
 * @param why - why it was not done. @returns whether it is kept; `false` for other reasons, and where the ledger is away too.
 */
export async function keepAct(house: SlackHouse, visitor: Visitor, kept: KeptAct, why: unknown): Promise<boolean> {
  if (!isCodedError(why) || !AWAY.has(why.code)) return false;
  const { act, ...rest } = kept;
  const body = { ...rest, trigger: visitor.trigger } as unknown as JsonObject;
  const stored = house.deps.ledger.intents.keep({ person: visitor.identity.id, key: keyOf(visitor, kept), act, body });
  return inTime(stored, KEPT_WITHIN_MS).then(
    () => true,
    () => false,
  );
}

/** Does an act that was kept, in the name and with the rights that the person has now. @returns what it came to. */
async function carryOut(house: SlackHouse, { person, act, body, at }: Intent): Promise<string> {
  const { deps } = house;
  const found = deps.people.find(({ id }) => id === person);
  if (!found?.slack) throw new CodedError('SLACK_USER_UNKNOWN', `${person} is not in the file of people any more`);
  if (Date.now() - Date.parse(at) > HOLDS_MS)
    throw new CodedError('SLACK_CARD_STALE', `the engine was away for longer than half an hour after ${instant(at)}`);
  const { trigger, value, answer, command } = body;
  const visitor: Visitor = {
    identity: identityOf(found),
    user: found.slack,
    trigger: typeof trigger === 'string' ? trigger : '',
  };
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
 * Delivers what people did while the engine was away, oldest first, and tells each what became of it. What still cannot be
 * delivered waits for the next round.
 */
export async function deliverIntents(house: SlackHouse, turn: Turn): Promise<void> {
  const { intents } = house.deps.ledger;
  for (const intent of await intents.waiting(A_ROUND)) {
    if (!(await turn.take())) return;
    try {
      const text = await carryOut(house, intent);
      await intents.settle(intent, 'done');
      await tell(house, intent, text);
    } catch (error) {
      const { code } = asCoded(error);
      house.deps.log({ door: 'slack', what: 'intent', act: intent.act, code });
      if (code === 'GATEWAY_ENGINE_AWAY') return;
      if (code === 'GATEWAY_ANSWER_LATE') continue;
      await intents.settle(intent, code);
      await tell(house, intent, refusalText(error));
    }
  }
}
