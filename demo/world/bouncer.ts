import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import type { SunkMessage } from './mail-sink.ts';

/** Domain of mailboxes behind a relay: it takes every message at RCPT and finds out later that nobody is there. */
export const RELAYED_DOMAIN = 'relayed.example.org';

const BOUNCES_AFTER_MS = 1_500; // real relays take seconds to days
const AGAIN_AFTER_MS = 500; // the engine's worker was killed, or the notice has no outcome yet
const CONNECTIONS = 4;
const TIMEOUT_MS = 10_000;
const REPORTER = 'mx.relayed.example.org';

/** Envelope sender, recipient and text of a message that came back. */
export type Undelivered = Pick<SunkMessage, 'from' | 'recipients' | 'raw'>;

/** A delivery status notification on a message: three parts, as mail servers write it. @source RFC 3464, RFC 3461 section 6 */
export function deliveryReport({ from, recipients, raw }: Undelivered, at: Date): string {
  const boundary = `dsn-${randomUUID()}`;
  const headers = raw.slice(0, Math.max(0, raw.indexOf('\r\n\r\n'))).split('\r\n');
  return [
    `From: Mail Delivery System <mailer-daemon@${REPORTER}>`,
    `To: <${from}>`,
    'Subject: Undelivered Mail Returned to Sender',
    `Date: ${at.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${randomUUID()}@${REPORTER}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'Your message was taken, but could not be delivered: the mailbox does not exist any more.',
    '',
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    '',
    `Reporting-MTA: dns; ${REPORTER}`,
    `Arrival-Date: ${at.toUTCString().replace('GMT', '+0000')}`,
    ...recipients.flatMap((recipient) => [
      '',
      `Final-Recipient: rfc822; ${recipient}`,
      'Action: failed',
      'Status: 5.1.1',
      'Diagnostic-Code: smtp; 550 5.1.1 mailbox does not exist',
    ]),
    '',
    `--${boundary}`,
    'Content-Type: text/rfc822-headers',
    '',
    ...headers,
    '',
    `--${boundary}--`,
    '',
  ].join('\r\n');
}

/** The relay of the dead mailboxes that were taken at the door: sends what it cannot deliver back to its envelope sender. */
export class Bouncer {
  readonly #transport;
  readonly #afterMs: number;
  readonly #pending = new Set<Promise<void>>();
  readonly #ending = new AbortController();

  /**
   * @param port - of the mail server on loopback that takes reports for the senders.
   * @param afterMs - how long after a message its report goes out.
   */
  constructor(port: number, afterMs: number = BOUNCES_AFTER_MS) {
    this.#afterMs = afterMs;
    this.#transport = createTransport({
      ...{ host: '127.0.0.1', port, secure: false, ignoreTLS: true, pool: true, maxConnections: CONNECTIONS },
      ...{ connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    });
  }

  /** Sends a message back, later, and again until its report is taken or refused for good. */
  bounce(message: Undelivered): void {
    const sending = this.#send(message)
      .catch(() => undefined) // the world ends
      .finally(() => this.#pending.delete(sending));
    this.#pending.add(sending);
  }

  /** Waits until no report is on its way, at most so long. */
  async settled(withinMs: number): Promise<void> {
    const isOver = AbortSignal.timeout(withinMs);
    while (this.#pending.size > 0 && !isOver.aborted)
      await Promise.race([
        Promise.all(this.#pending),
        pause(withinMs, undefined, { signal: isOver, ref: false }),
      ]).catch(() => undefined);
  }

  close(): void {
    this.#ending.abort();
    this.#transport.close();
  }

  async #send(message: Undelivered): Promise<void> {
    const { signal } = this.#ending;
    await pause(this.#afterMs, undefined, { signal });
    const raw = deliveryReport(message, new Date());
    for (;;) {
      try {
        await this.#transport.sendMail({ envelope: { from: '', to: [message.from] }, raw });
        return;
      } catch (error) {
        const { responseCode = 0 } = error as { readonly responseCode?: number };
        if (responseCode >= 500) return;
        await pause(AGAIN_AFTER_MS, undefined, { signal });
      }
    }
  }
}
