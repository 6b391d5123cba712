import { CodedError } from '../../contracts/errors.ts';
import { isJsonObject } from '../../contracts/json.ts';
import type { IncidentView } from '../../contracts/api.ts';
import type { GateStatus } from '../../contracts/messages.ts';
import { decide } from '../acts.ts';
import type { Identity } from '../auth/identity.ts';
import { incidentOf, readRow, readStatus } from '../incident-view.ts';
import type { ButtonValue, SlackMessage } from './blocks.ts';
import { gateCard } from './cards.ts';
import type { SlackHouse, Visitor } from './house.ts';

const VALUE_MAX = 2_000; // Slack's own limit for a button
const DIGEST_CHARS = 16;

/** What a press came to: what the person reads, and the card as it is now. */
export interface Pressed {
  readonly text: string;
  /** Absent where the card cannot be drawn anew. */
  readonly card?: SlackMessage;
}

/** Reads back what a button carries. @throws SLACK_CARD_STALE */
export function valueOf(text: string | undefined): ButtonValue {
  try {
    const value = JSON.parse((text ?? '').slice(0, VALUE_MAX)) as unknown;
    if (isJsonObject(value) && typeof value['i'] === 'string') return value as unknown as ButtonValue;
  } catch {
    // said below
  }
  throw new CodedError('SLACK_CARD_STALE', 'the button is not one of ours');
}

/** The gate's role that a person holds in the incident, so that nobody has to say in which role they speak. */
function roleAt(
  { roles }: GateStatus,
  { id, roles: held }: Identity,
  bound: Readonly<Record<string, readonly string[]>>,
): string | undefined {
  return [...roles, 'admin'].find((role) => held.includes(role) && bound[role]?.includes(id) === true);
}

/** Why a gate takes no answer to what a card shows; `undefined` where it may. */
function staleness({ gates, source }: IncidentView, id: string, digest: string): string | undefined {
  if (source === 'ledger') return undefined; // the engine decides, once it answers
  const gate = gates.find((one) => one.id === id);
  if (!gate) return `there is no gate ${id} any more`;
  if (gate.state !== 'open') {
    const last = gate.answers.at(-1);
    return `gate ${id} is ${gate.state}${last ? `, by ${last.by} at ${last.at}` : ''}`;
  }
  if (gate.digest !== digest)
    return `what gate ${id} would let through has changed since the card was drawn; nothing was decided`;
  return undefined;
}

/**
 * Takes the press of Approve or Reject. Who pressed decides in the role that the gate asks and that they hold; rights,
 * requester, quorum and digest are checked as at every door. The same press twice is one decision.
 *
 * @throws SLACK_CARD_STALE, GATEWAY_ and GATE_ codes.
 */
export async function takeDecision(
  { deps }: SlackHouse,
  { identity }: Visitor,
  { i, g, d }: ButtonValue,
  answer: 'approve' | 'reject',
): Promise<Pressed> {
  const incident = incidentOf(i);
  if (g === undefined || d === undefined) throw new CodedError('SLACK_CARD_STALE', 'the button names no gate');
  const [row, view] = await Promise.all([readRow(deps, incident), readStatus(deps, incident)]);
  const gate = view.gates.find(({ id }) => id === g);
  const mine = gate?.answers.find(({ by }) => by === identity.id);
  const stale = mine?.answer === answer ? undefined : staleness(view, g, d);
  if (stale !== undefined) throw new CodedError('SLACK_CARD_STALE', stale);
  const role = gate && roleAt(gate, identity, row.roles);
  const key = `slack:${g}:${d.slice(0, DIGEST_CHARS)}:${answer}`;
  const body = { gate: g, digest: d, answer, ...(role === undefined ? {} : { role }) };
  const { effect } = await decide(deps, { identity, key }, incident, body);
  const card = await cardNow({ deps }, i, g).catch(() => ({})); // it is decided, drawn anew or not
  return { text: `${incident}: ${effect}.`, ...card };
}

/** The card of a gate as it is now, where the engine says. */
export async function cardNow(
  { deps }: Pick<SlackHouse, 'deps'>,
  incident: string,
  gateId: string,
): Promise<{ readonly card?: SlackMessage }> {
  const view = await readStatus(deps, incidentOf(incident));
  const gate = view.gates.find(({ id }) => id === gateId);
  return gate ? { card: gateCard(incident, view.mode, gate) } : {};
}
