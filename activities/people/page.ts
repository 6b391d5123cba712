import { bestOf, type Alarm } from './alarm.ts';
import { text } from '../credentials/connectors/answers.ts';
import { CodedError, isCodedError } from '../../contracts/errors.ts';
import { isMailAddress } from '../notices/address.ts';
import { LONGEST_SEND_MS, type Mailer } from '../notices/mailer.ts';
import { runSingle, type SingleOutcome, type SingleRuntime } from '../single-effect.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import type { ActionCall, ActionResult } from '../../contracts/effects.ts';
import type { CapabilityEnvironment } from '../port.ts';
import type { Delivery } from '../notices/delivery.ts';

/** How staff are woken. */
export interface Pager {
  /** By mail; `undefined` where no mail server is configured: then a line for the operator is all there is. */
  readonly mailer: Mailer | undefined;
  /** Sender and envelope sender of pages. */
  readonly from: string;
  /** Beside mail; absent: mail is all there is. */
  readonly alarm?: Alarm | undefined;
  readonly environment: CapabilityEnvironment;
}

/** What a wake-up is about. */
interface Wake {
  readonly incident: string;
  /** Makes repeats one message. */
  readonly key?: string;
  /** Somebody did not answer, or must be woken: the out-of-band address is rung too. */
  readonly isUrgent?: boolean;
}

/**
 * Tells staff something, each by mail and by the alarm, or, without both, by a line for the operator.
 *
 * @param people - staff ids; unknown ones are left out.
 * @param text - words for staff; whatever looks like a credential is taken out.
 * @param context - `key` makes the Message-ID the same for every repeat.
 * @returns ids of those it was handed over for.
 */
export async function tellStaff(
  pager: Pager,
  people: readonly string[],
  text: string,
  context: Wake,
): Promise<readonly string[]> {
  const told = await Promise.all(
    people.map(async (id) => ((await tellOne(pager, id, text, context))?.end === 'accepted' ? [id] : [])),
  );
  return told.flat();
}

/** Wakes one person by every way there is; by a line for the operator where there is none. */
async function tellOne(
  pager: Pager,
  id: string,
  text: string,
  { incident, key = crypto.randomUUID(), isUrgent = false }: Wake,
): Promise<Delivery | undefined> {
  const { mailer, alarm, environment } = pager;
  const person = environment.staff(id);
  if (!person) return undefined;
  const said = scrubTokens(text);
  if (!mailer && !alarm) {
    environment.log?.(`page for ${id} (${incident}): ${said}`);
    return { end: 'accepted', receipt: { by: 'log' } };
  }
  const ways = [
    ...(alarm ? [alarm.ring({ incident, person: id, text: said, key })] : []),
    ...(mailer ? [mailTo(mailer, pager.from, person.address, { incident, key, said })] : []),
    ...(mailer && isUrgent && person.outOfBand !== undefined
      ? [mailTo(mailer, pager.from, person.outOfBand, { incident, key: `${key}-oob`, said })]
      : []),
  ];
  return bestOf(await Promise.all(ways));
}

async function mailTo(
  mailer: Mailer,
  from: string,
  address: string,
  { incident, key, said }: { readonly incident: string; readonly key: string; readonly said: string },
): Promise<Delivery> {
  if (!isMailAddress(address)) return { end: 'refused', code: 'NOTICE_ADDRESS_INVALID', receipt: {} };
  const domain = from.slice(from.lastIndexOf('@') + 1).replace(/>$/, '');
  return mailer.send({
    from,
    returnPath: /<([^<>]+)>$/.exec(from)?.[1] ?? from,
    to: address,
    messageId: `<page-${key}@${domain}>`,
    subject: `[${incident}] ${said.split('\n', 1)[0]?.slice(0, 120) ?? ''}`,
    text: said,
  });
}

/**
 * `people.page`: wakes everyone bound to a role.
 *
 * @idempotency one blind effect for each (step, visit, person): a page whose fate is unknown is not sent again.
 * @throws PEOPLE_ROLE_EMPTY, PEOPLE_PAGE_FAILED when nobody was reached; codes of {@link runSingle}.
 */
export async function pagePeople(runtime: SingleRuntime, pager: Pager, call: ActionCall): Promise<ActionResult> {
  const role = text(call.with['of']);
  const words = text(call.with['text']);
  const people = call.roles[role] ?? [];
  if (people.length === 0) throw new CodedError('PEOPLE_ROLE_EMPTY', `${call.step} wakes ${role}, which nobody has`);
  const openItems: string[] = [];
  let reached = 0;
  for (const person of people) {
    try {
      const { state } = await runSingle(runtime, call, {
        action: call.uses,
        subject: `${call.step}#${call.visit}/${person}`,
        class: 'blind',
        params: { text: words },
        longestRequestMs: LONGEST_SEND_MS,
        act: async (key) =>
          outcomeOf(await tellOne(pager, person, words, { incident: call.incident, key, isUrgent: true }), person),
      });
      if (state === 'accepted') reached += 1;
    } catch (error) {
      if (!isCodedError(error) || !NOT_REACHED.has(error.code)) throw error;
      openItems.push(`${person} could not be woken (${error.code}).`);
    }
  }
  if (openItems.length === people.length) {
    throw new CodedError('PEOPLE_PAGE_FAILED', `${call.step} woke none of ${people.length} people of ${role}`);
  }
  return { outputs: { reached }, ...(openItems.length > 0 ? { openItems } : {}) };
}

/** Ends of one person's page that must not keep the others asleep. */
const NOT_REACHED: ReadonlySet<string> = new Set([
  'NOTICE_UNREACHABLE',
  'NOTICE_REFUSED',
  'NOTICE_DEFERRED',
  'NOTICE_ADDRESS_INVALID',
  'CONNECTOR_UNREACHABLE',
  'CONNECTOR_UNAVAILABLE',
  'CONNECTOR_UNAUTHORIZED',
  'CONNECTOR_TIMEOUT',
  'CONNECTOR_BROKEN_OFF',
  'CONNECTOR_RATE_LIMITED',
  'CONNECTOR_SERVER_ERROR',
  'CONNECTOR_REFUSED',
  'CONNECTOR_NONSENSE',
  'EFFECT_UNANSWERED',
  'EFFECT_ATTEMPT_LOST',
  'EFFECT_OUTCOME_PENDING',
]);

function outcomeOf(delivery: Delivery | undefined, person: string): SingleOutcome {
  const what = `page for ${person}`;
  if (!delivery) return { state: 'failed', code: 'NOTICE_ADDRESS_INVALID', what: `${what}: not in the staff file` };
  switch (delivery.end) {
    case 'accepted':
      return { state: 'accepted', result: delivery.receipt };
    case 'refused':
      return { state: 'failed', code: delivery.code, what };
    case 'deferred':
      return { state: 'planned', code: delivery.code, what, waitMs: delivery.waitMs };
    case 'unclear':
      return { state: 'pending', code: delivery.code, what };
  }
}
