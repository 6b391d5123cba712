import { CodedError } from '../../contracts/errors.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import { runSingle, type SingleEffect, type SingleRuntime } from '../single-effect.ts';
import { openOnce } from './open-once.ts';
import { renderTicket, type TicketReference } from './render-ticket.ts';
import type { ActionCall, ActionResult } from '../../contracts/effects.ts';
import type { CapabilityEnvironment, SingleAction } from '../port.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Ledger } from '../../ledger/ports.ts';
import type { TicketConnector } from './port.ts';

/** What the actions on tickets work with. */
export interface TicketActionsOptions {
  readonly connector: TicketConnector;
  readonly environment: CapabilityEnvironment;
  readonly runtime: SingleRuntime;
}

/** The actions on tickets by name. */
export function ticketActions(options: TicketActionsOptions): Readonly<Record<string, SingleAction>> {
  return {
    'tickets.open': (call) => open(call, options),
    'tickets.comment': (call) => comment(call, options),
    'tickets.close': (call) => close(call, options),
  };
}

/**
 * Opens one ticket.
 *
 * @idempotency subject is the step; found again by label and hidden marker, extra ones are commented and closed.
 * @effect one open ticket in the queue; a row of the incident's tickets.
 * @throws TICKET_TEXT_MISSING, TICKET_QUEUE_UNKNOWN, DOCUMENT_UNKNOWN, codes of `runSingle` and of the connector.
 */
async function open(
  call: ActionCall,
  { connector, environment, runtime }: TicketActionsOptions,
): Promise<ActionResult> {
  const given = call.with as { queue: string; template: string; reference?: string[]; ask?: string[]; of?: string };
  const { ledger } = runtime;
  const holder = given.of === undefined ? undefined : call.roles[given.of]?.[0];
  const rendered = renderTicket({
    incident: call.incident,
    template: given.template,
    text: await templateText(ledger, call, given.template),
    references: await references(ledger, call, given.reference ?? []),
    asks: given.ask ?? [],
    ...(holder === undefined ? {} : { contact: environment.staff(holder)?.name ?? holder }),
  });
  const done = await runSingle(runtime, call, {
    ...acting(call, connector, given),
    act: async (key) => {
      const { ticket, extras } = await openOnce(connector, { queue: given.queue, key, ...rendered });
      return { state: 'accepted', result: { id: ticket.id, url: ticket.url, extras } };
    },
  });
  if (done.state === 'withheld') return { outputs: { id: 'withheld', url: 'withheld' } };
  const { id, url, extras } = done.result as { id: string; url: string; extras: readonly string[] };
  await ledger.duties.putTicket(call.incident, { step: call.step, connector: connector.name, id, url });
  const openItems = extras.map((extra) => `${extra} was opened twice by a repeat and is closed; work goes on in ${id}`);
  return { outputs: { id, url }, ...(openItems.length > 0 ? { openItems } : {}) };
}

/** @idempotency subject is the step; a comment that carries the key is not written again. */
async function comment(call: ActionCall, { connector, runtime }: TicketActionsOptions): Promise<ActionResult> {
  const given = call.with as { ticket: string; text: string };
  const done = await runSingle(runtime, call, {
    ...acting(call, connector, given),
    act: async (key) => ({
      state: 'accepted',
      result: { ...(await connector.comment(given.ticket, scrubTokens(given.text), key)) },
    }),
  });
  return { outputs: done.state === 'withheld' ? { id: 'withheld' } : done.result };
}

/** @idempotency subject is the ticket; closing a closed one changes nothing. */
async function close(call: ActionCall, { connector, runtime }: TicketActionsOptions): Promise<ActionResult> {
  const given = call.with as { ticket: string; text?: string };
  await runSingle(runtime, call, {
    ...acting(call, connector, given),
    subject: given.ticket,
    class: 'idempotent',
    act: async (key) => {
      if (given.text !== undefined) await connector.comment(given.ticket, scrubTokens(given.text), key);
      await connector.close(given.ticket);
      return { state: 'accepted', result: {} };
    },
  });
  return { outputs: {} };
}

function acting(call: ActionCall, connector: TicketConnector, params: JsonObject): Omit<SingleEffect, 'act'> {
  return {
    action: call.uses,
    subject: call.step,
    class: connector.effect,
    params: { connector: connector.name, ...params },
    longestRequestMs: connector.longestRequestMs,
  };
}

/** The text of a template in the plan: `engagement`, or the first of its locales `engagement.en`. */
async function templateText(ledger: Ledger, call: ActionCall, template: string): Promise<string> {
  const name = Object.keys(call.texts)
    .sort()
    .find((key) => key === template || key.split(/[./]/)[0] === template);
  const hash = name === undefined ? undefined : call.texts[name];
  if (hash === undefined) throw new CodedError('TICKET_TEXT_MISSING', `${call.step}: the plan has no text ${template}`);
  return ledger.documents.text(hash);
}

async function references(
  ledger: Ledger,
  call: ActionCall,
  ids: readonly string[],
): Promise<readonly TicketReference[]> {
  const known = new Map((await ledger.documents.list(call.incident)).map((meta) => [meta.id, meta]));
  return ids.map((id) => {
    const meta = known.get(id);
    if (!meta) throw new CodedError('DOCUMENT_UNKNOWN', `${call.incident} has no document ${id.slice(0, 64)}`);
    return { id, name: meta.name, digest: meta.digest, bytes: meta.bytes };
  });
}
