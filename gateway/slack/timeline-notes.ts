import { authorize } from '../auth/authorize.ts';
import type { Identity } from '../auth/identity.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import type { IncidentRow } from '../../ledger/ports.ts';
import type { SlackHouse } from './house.ts';

/** The reaction that puts a message on the timeline. */
export const TIMELINE_REACTION = 'stopwatch';

const TEXT_MAX = 4_000;
const TS = /^\d{1,12}\.\d{1,9}$/;

/** A message that somebody reacted to. */
export interface MarkedMessage {
  readonly channel: string;
  /** Slack's id of a message: the second it was posted at, and a counter. */
  readonly ts: string;
}

/**
 * Puts a message of an incident's room on its timeline: the text goes into a sealed document, the journal holds its hash,
 * who marked it and when it was posted. Marked again, it is the same record.
 *
 * @returns the incident; `undefined` where the channel is no incident's room, or holds no such message.
 * @throws GATEWAY_FORBIDDEN, SLACK_UNAVAILABLE, LEDGER_ codes
 */
export async function noteMessage(
  { api, deps, rooms }: SlackHouse,
  identity: Identity,
  { channel, ts }: MarkedMessage,
): Promise<IncidentRow | undefined> {
  if (!TS.test(ts)) return undefined;
  const row = await rooms.incidentIn(channel);
  if (!row) return undefined;
  authorize(identity, 'fact');
  const { messages } = await api.ask('conversations.history', {
    ...{ channel, latest: ts, oldest: ts, inclusive: true, limit: 1 },
  });
  const found = (messages as readonly { readonly ts?: string; readonly text?: string; readonly user?: string }[]).find(
    (message) => message.ts === ts,
  );
  if (!found) return undefined;
  const { incident } = row;
  const text = scrubTokens(found.text ?? '').slice(0, TEXT_MAX);
  const author = deps.people.find(({ slack }) => slack !== undefined && slack === found.user)?.id ?? 'not listed';
  const postedAt = new Date(Number(ts) * 1_000).toISOString();
  const { id, digest, bytes } = await deps.ledger.documents.put(incident, {
    name: `timeline-note-${channel}-${ts}`,
    mediaType: 'text/plain',
    body: Buffer.from(text, 'utf8'),
    by: identity.id,
    handling: { tlp: 'AMBER', privilege: 'none', audience: 'response' },
  });
  const body = { document: id, digest, bytes, from: 'slack', author, postedAt, by: identity.id };
  await deps.ledger.journal.append(incident, [
    { key: `evidence:slack:${channel}:${ts}`, kind: 'evidence', actor: identity.id, body },
  ]);
  return row;
}
