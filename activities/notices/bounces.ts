import { CodedError } from '../../contracts/errors.ts';
import { namedNotice } from './return-path.ts';
import { readReport, type DeliveryReport } from './report.ts';
import { SENDING } from './told.ts';
import type { IncidentId } from '../../contracts/ids.ts';
import type { Ledger } from '../../ledger/ports.ts';

/** Largest report that is read; it holds at most our own message again. */
export const REPORT_MAX_BYTES = 1024 * 1024;

/** What a report did to the notice that it answers. */
export interface Bounce {
  readonly incident: IncidentId;
  /** Subject of the notice's effect. */
  readonly subject: string;
  /** `failed` marks the notice `bounced`, `complained` as such; `delayed` moves nothing. */
  readonly action: DeliveryReport['what'];
  /** RFC 3463 status, e.g. `5.1.1`; '' for a complaint. */
  readonly status: string;
}

/**
 * Takes one report on a notice: a delivery status notification or a feedback report. It finds the notice by the tagged
 * envelope sender in recipient or report, and writes an observation receipt, however long ago the incident closed.
 *
 * @param raw - the whole message as it arrived.
 * @param recipient - address it was delivered to, where that is known apart from the message.
 * @idempotency a notice that came back already is left as it is, and so is one that a person has reopened since.
 * @throws NOTICE_BOUNCE_UNKNOWN for what is no report, or on no notice of this installation, or forged;
 *   NOTICE_BOUNCE_REPEATED; NOTICE_BOUNCE_EARLY while the notice has no outcome: deliver it again; LEDGER_ codes.
 */
export async function takeBounce(
  raw: Uint8Array | string,
  { ledger, recipient = '' }: { readonly ledger: Ledger; readonly recipient?: string },
): Promise<Bounce> {
  if (raw.length > REPORT_MAX_BYTES) throw unknown('it is too long');
  const bytes = typeof raw === 'string' ? Buffer.from(raw) : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const named = namedNotice(ledger.incidents, `${recipient}@\n${bytes.toString('latin1')}`);
  if (!named) throw unknown('it names no notice by an address that we made');
  const report = await readReport(bytes);
  if (!report) throw unknown('it is no report of a failure or a complaint');
  const { what: action, status } = report;
  const startedAt = await ledger.effects.now();
  const found = await ledger.returns.find(named.id);
  if (found?.action !== SENDING) throw unknown('no notice has that address');
  const { incident, subject, state, generation } = found;
  const bounce = { incident, subject, action, status };
  if (action === 'delayed') return bounce;
  if (generation !== named.generation || state === 'bounced' || state === 'complained')
    throw new CodedError('NOTICE_BOUNCE_REPEATED', `${subject} of ${incident} came back before`);
  if (state === 'claimed') throw new CodedError('NOTICE_BOUNCE_EARLY', `${subject} of ${incident} is under way`);
  if (state !== 'accepted' && state !== 'unknown') throw unknown(`the notice is ${state}`);
  const notice = action === 'failed' ? 'bounced' : 'complained';
  const receipt = { action, ...(status === '' ? {} : { status }) };
  await ledger.effects.observe(incident, SENDING, 0, startedAt, [
    { subject, generation, dead: undefined, notice, receipt },
  ]);
  return bounce;
}

function unknown(why: string): CodedError {
  return new CodedError('NOTICE_BOUNCE_UNKNOWN', `a message was not taken as a report on a notice: ${why}`);
}
