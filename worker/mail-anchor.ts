import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { mailServerOf, openMailer, type Mail } from '../activities/notices/mailer.ts';
import type { Anchor } from '../activities/engine/activities.ts';
import type { IncidentId } from '../contracts/ids.ts';
import type { JournalHead } from '../contracts/journal.ts';
import type { SecretReader } from '../activities/port.ts';

const WAITED_FOR_MS = 5_000; // of the 30 s that an activity of the engine has: a mail server that is away holds nothing up
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;
const KEPT = 1_000; // heads that wait or are known as sent; the next head of an incident covers those before it

/** Mailbox that journal heads go to, e.g. counsel's, with the server that takes its mail. */
export interface MailAnchorConfig {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; without it STARTTLS where the server offers it. */
  readonly secure?: boolean;
  /** References. */
  readonly user?: string;
  readonly pass?: string;
  readonly from: string;
  readonly to: string;
}

/** Sends heads to a mailbox. */
export interface MailAnchor {
  /** Never fails: what cannot be delivered is sent again until it is, or the process ends. */
  readonly anchor: Anchor;
  /** Gives up what still waits. */
  close(): void;
}

/** Times of a mailbox; for tests. */
export interface MailAnchorTimes {
  readonly firstWaitMs?: number;
  readonly waitedForMs?: number;
}

/** What the mail says: where the chain was, when and why; nothing of what is in it. Its last line fits a file of anchors. */
function mailOf({ from, to }: MailAnchorConfig, incident: IncidentId, head: JournalHead, reason: string): Mail {
  const { seq, hash } = head;
  const at = new Date().toISOString();
  const text = [
    `Incident: ${incident}`,
    `Record:   ${seq}`,
    `Hash:     ${hash}`,
    `Time:     ${at}`,
    `Reason:   ${reason}`,
    '',
    'Keep this message: it shows later whether the journal was rewritten. The next line belongs in a file for',
    '`firebreak bundle verify --anchor`.',
    '',
    JSON.stringify({ incident, seq, hash, at }),
    '',
  ].join('\n');
  return {
    ...{ from, to, returnPath: from, text, subject: `Journal of ${incident}: record ${seq}` },
    messageId: `<anchor.${incident}.${seq}.${reason.replaceAll(/[^\w-]/g, '-')}@${from.split('@').at(-1) ?? 'localhost'}>`,
  };
}

/**
 * Opens the mailbox of a configuration.
 *
 * @param log - told once for each head that cannot be delivered at first.
 * @throws CONFIG_SECRET_MISSING
 */
export function mailAnchor(
  config: MailAnchorConfig,
  secrets: SecretReader,
  log: Pick<Logger, 'warn'>,
  { firstWaitMs = FIRST_WAIT_MS, waitedForMs = WAITED_FOR_MS }: MailAnchorTimes = {},
): MailAnchor {
  const mailer = openMailer(mailServerOf({ ...config }, secrets, 1));
  const closing = new AbortController();
  const known = new Map<string, Promise<void>>(); // an activity may be repeated, its mail need not

  async function deliver(mail: Mail, incident: IncidentId, seq: number): Promise<void> {
    for (let waitMs = firstWaitMs; !closing.signal.aborted; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      const delivery = await mailer.send(mail);
      if (delivery.end === 'accepted') return;
      if (waitMs === firstWaitMs)
        log.warn(
          { incident, seq, code: delivery.code },
          'a journal head did not reach its mailbox; sent again until it does',
        );
      await sleep(waitMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    }
  }

  return {
    anchor: async (incident, head, reason) => {
      const mail = mailOf(config, incident, head, reason);
      const sending = known.get(mail.messageId) ?? deliver(mail, incident, head.seq);
      known.set(mail.messageId, sending);
      if (known.size > KEPT) known.delete(known.keys().next().value!);
      await Promise.race([sending, sleep(waitedForMs, undefined, { ref: false })]);
    },
    close: () => {
      closing.abort();
      mailer.close();
    },
  };
}
