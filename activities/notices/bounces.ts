import { CodedError } from '../../contracts/errors.ts';
import { effectKey } from '../effects/effect-key.ts';
import { SENDING } from './told.ts';
import { simpleParser, type AddressObject } from 'mailparser';
import type { EffectRow, Ledger } from '../../ledger/ports.ts';
import type { IncidentId } from '../../contracts/ids.ts';

const INCIDENTS_SEARCHED = 200; // the newest; a bounce later than that is history
const NOTICES_SEARCHED = 1_000_000; // of one incident
const BATCH = 500;
/** Largest bounce that is read; a report holds at most our own message again. */
const BOUNCE_MAX_BYTES = 1024 * 1024;

/** What a bounce did to the notice that it answers. */
export interface Bounce {
  readonly incident: IncidentId;
  /** Subject of the notice's effect. */
  readonly subject: string;
  /** `failed` and `delayed` as the report says; only `failed` moves the notice. */
  readonly action: 'failed' | 'delayed';
  /** RFC 3463 status, e.g. `5.1.1`. */
  readonly status: string;
}

/**
 * Takes one delivery status notification: finds its notice by the key in its recipient (VERP) and marks it `bounced`.
 *
 * @param raw - the whole message as it arrived at `bounce+<key>@bounceDomain`.
 * @param recipient - address it was delivered to; without it the `To` of the message.
 * @throws NOTICE_BOUNCE_UNKNOWN for anything that is no report on a notice of the newest incidents.
 * @source RFC 3464 section 2.3
 */
export async function takeBounce(
  raw: Uint8Array | string,
  { ledger, recipient }: { readonly ledger: Ledger; readonly recipient?: string },
): Promise<Bounce> {
  const { to, report } = await readReport(raw);
  const key = /^<?bounce\+([0-9a-f]{32})@/i.exec(recipient ?? to)?.[1]?.toLowerCase();
  const action = field(report, 'Action')?.toLowerCase();
  const status = /^[245]\.\d{1,3}\.\d{1,3}$/.exec(field(report, 'Status') ?? '')?.[0] ?? '';
  if (key === undefined || (action !== 'failed' && action !== 'delayed')) throw unknown('it is no delivery report');
  const startedAt = await ledger.effects.now();
  const found = await findNotice(ledger, key);
  if (!found) throw unknown('no notice has that key');
  const { incident, subject, generation } = found;
  if (action === 'failed') {
    const receipt = { status, action };
    const observation = { subject, generation, dead: undefined, notice: 'bounced' as const, receipt };
    await ledger.effects.observe(incident, SENDING, 0, startedAt, [observation]);
  }
  return { incident, subject, action, status };
}

async function readReport(raw: Uint8Array | string): Promise<{ readonly to: string; readonly report: string }> {
  if (raw.length > BOUNCE_MAX_BYTES) throw unknown('it is too long');
  const mail = await simpleParser(typeof raw === 'string' ? raw : Buffer.from(raw), { keepDeliveryStatus: true });
  const part = mail.attachments.find(({ contentType }) => contentType === 'message/delivery-status');
  const [first] = [mail.to ?? []].flat() as readonly AddressObject[];
  return { to: first?.value[0]?.address ?? '', report: part?.content.toString('utf8') ?? '' };
}

function field(report: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*([^\\r\\n]*)`, 'im').exec(report)?.[1]?.trim();
}

type Notice = { readonly incident: IncidentId; readonly subject: string; readonly generation: number };

/** A key is a hash of its effect, so it is found by hashing the effects that stand. */
async function findNotice(ledger: Ledger, key: string): Promise<Notice | undefined> {
  for (const { incident } of await ledger.incidents.list({ limit: INCIDENTS_SEARCHED })) {
    const states = ['accepted', 'unknown', 'bounced'] as const;
    const subjects = await ledger.effects.subjects(incident, SENDING, states, NOTICES_SEARCHED);
    const first = subjects.find((subject) => effectKey(incident, SENDING, subject, 1) === key);
    if (first !== undefined) return { incident, subject: first, generation: 1 };
    for (let from = 0; from < subjects.length; from += BATCH) {
      const rows = await ledger.effects.states(incident, SENDING, subjects.slice(from, from + BATCH));
      const row = rows.find((one: EffectRow) => effectKey(incident, SENDING, one.subject, one.generation) === key);
      if (row) return { incident, subject: row.subject, generation: row.generation };
    }
  }
  return undefined;
}

function unknown(why: string): CodedError {
  return new CodedError('NOTICE_BOUNCE_UNKNOWN', `a message at the bounce address was not taken: ${why}`);
}
