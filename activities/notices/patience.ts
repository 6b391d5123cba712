import { durationMs } from '../../contracts/duration.ts';
import { text } from '../credentials/connectors/answers.ts';
import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import { SENDING } from './told.ts';
import type { ActionCall, Outcome } from '../../contracts/effects.ts';
import type { Delivery } from './delivery.ts';
import type { Ledger } from '../../ledger/ports.ts';

/** How long a mailbox that is put off is waited for, where the step says nothing: a day in which somebody can still act. */
const GIVE_UP_AFTER = 'PT24H';
/** Later waits double up to this. @source RFC 5321 section 4.5.4.1: intervals may grow to two hours and more */
const WAIT_MAX_MS = 2 * 60 * 60 * 1_000;
/** A server that shuts its door for a moment (421) is back soon, and all its mailboxes with it. */
const DOOR_WAIT_MAX_MS = 60_000;
/** A last try is made when the time is up, not just before. */
const LAST_TRY_MS = 1_000;

/** What a server said of this message; the rest is about the connection to it. */
const BY_SERVER: ReadonlySet<string> = new Set(['NOTICE_DEFERRED', 'CONNECTOR_UNAVAILABLE']);

/** A message that was put off. */
export type Deferred = Extract<Delivery, { readonly end: 'deferred' }>;

/** What becomes of a message that a server put off: asked again after growing waits, in the end given up. */
export type Patience = (subject: string, generation: number, delivery: Deferred) => Promise<Omit<Outcome, 'subject'>>;

/**
 * The patience of a step: `giveUpAfter` from the first time that a server put this message off (a day, if the step says
 * nothing). What was never answered by a server, because none was reached, is not counted: that is an outage, not a mailbox.
 *
 * It is kept in the receipts, so that it survives the worker; a person's retry begins anew.
 */
export function patienceOf(call: Pick<ActionCall, 'incident' | 'with'>, ledger: Ledger): Patience {
  const giveUpAfterMs = durationMs(text(call.with['giveUpAfter']) || GIVE_UP_AFTER);
  return async (subject, generation, { code, waitMs, receipt }) => {
    const wait = { state: 'planned', code, waitMs, receipt } as const;
    if (!BY_SERVER.has(code)) return wait;
    const [receipts, now] = await Promise.all([
      ledger.effects.receipts(call.incident, SENDING, subject),
      ledger.effects.now(),
    ]);
    const before = receipts.map(({ body }) => body['putOff']).findLast((one) => isOf(one, generation));
    const tries = Number(before?.['tries'] ?? 0) + 1;
    const since = typeof before?.['since'] === 'string' ? before['since'] : now;
    const kept = { ...receipt, putOff: { generation, tries, since } };
    const leftMs = Date.parse(since) + giveUpAfterMs - Date.parse(now);
    if (leftMs <= 0) return { state: 'failed', code: 'NOTICE_GIVEN_UP', receipt: kept };
    const capMs = code === 'NOTICE_DEFERRED' ? WAIT_MAX_MS : DOOR_WAIT_MAX_MS;
    const growingMs = Math.min(waitMs * 2 ** Math.min(tries - 1, 20), capMs);
    return { ...wait, waitMs: Math.min(growingMs, Math.max(leftMs, LAST_TRY_MS)), receipt: kept };
  };
}

function isOf(putOff: unknown, generation: number): putOff is JsonObject {
  return isJsonObject(putOff) && putOff['generation'] === generation;
}
