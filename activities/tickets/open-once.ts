import { CodedError } from '../../contracts/errors.ts';
import type { Ticket, TicketConnector, TicketDraft } from './port.ts';

/** A ticket, and those that were too many. */
export interface OpenedTicket {
  readonly ticket: Ticket;
  /** Ids of extra tickets, commented and closed. */
  readonly extras: readonly string[];
}

/**
 * Opens a ticket so that one is left open, whatever happened before: look, create, look again.
 *
 * Two that race, or a creation whose answer was lost, leave more than one ticket with the key; everybody keeps the oldest
 * and closes the others with a comment that names it. A closed ticket counts: what a person closed is not opened again.
 *
 * @throws what the connector throws before anything was created; EFFECT_OUTCOME_PENDING after that.
 */
export async function openOnce(connector: TicketConnector, draft: TicketDraft): Promise<OpenedTicket> {
  const before = await connector.find(draft.queue, draft.key);
  const ours = before[0] ?? (await connector.create(draft));
  try {
    const after = await connector.find(draft.queue, draft.key);
    const ticket = after[0] ?? ours;
    const extras = after.filter(({ id }) => id !== ticket.id);
    for (const extra of extras) await closeExtra(connector, extra, ticket, draft.key);
    return { ticket, extras: extras.map(({ id }) => id) };
  } catch (cause) {
    // The ticket stands; whether it is the only one is not known yet, so this must not count as "nothing was done".
    throw new CodedError('EFFECT_OUTCOME_PENDING', `${ours.id} stands and was not checked for a second one`, { cause });
  }
}

async function closeExtra(connector: TicketConnector, extra: Ticket, kept: Ticket, key: string): Promise<void> {
  await connector.comment(extra.id, `Opened twice by a repeat. Work goes on in ${kept.id}.`, `${key}-extra`);
  if (extra.open) await connector.close(extra.id);
}
