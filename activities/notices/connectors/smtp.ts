import { defineConnector } from '../../define-connector.ts';
import { isMailAddress } from '../address.ts';
import { LONGEST_SEND_MS, type Mailer } from '../mailer.ts';
import type { Connector } from '../../port.ts';
import type { DatasetRow, PersonSealed } from '../../../contracts/dataset.ts';
import type { Delivery } from '../delivery.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { Outcome } from '../../../contracts/effects.ts';
import type { RenderedNotice } from '../render.ts';

/** What is written to one reader, rendered right before it is sent. */
export type Letter =
  | { readonly notice: RenderedNotice; readonly receipt: JsonObject }
  /** Registered code of why nothing is written. */
  | { readonly refused: string };

/** What the connector asks of the page whose notices it sends. */
export interface Correspondence {
  /** What to write to a reader; asked right before it is sent. */
  write(row: DatasetRow): Letter;
  /** Envelope sender of a reader's notice; what comes back goes there. */
  returnPath(row: DatasetRow, generation: number): string;
  /** What becomes of a notice that the server put off. */
  putOff(
    row: DatasetRow,
    generation: number,
    delivery: Extract<Delivery, { readonly end: 'deferred' }>,
  ): Promise<Omit<Outcome, 'subject'>>;
}

/** Sender of notices. */
export interface NoticeSender {
  /** Shown to readers. */
  readonly from: string;
  /** Domain of Message-IDs and of the envelope senders that bounces go to. */
  readonly bounceDomain: string;
  readonly connections: number;
}

/**
 * Notices by SMTP: one reader a message, one message a connection at a time.
 *
 * Blind: between DATA and the reply nobody can tell whether the server took a message, so a lost connection there is
 * `unknown` and never repeated unasked. The Message-ID carries the effect's key; the envelope sender names the effect, so that
 * what comes back is known.
 */
export function smtpConnector(mailer: Mailer, sender: NoticeSender, page: Correspondence): Connector {
  const { from, bounceDomain, connections } = sender;
  return defineConnector({
    name: 'smtp',
    effect: 'blind',
    checks: false,
    notifiesOwner: true,
    reversible: false,
    needsRawValue: true,
    effectDelayMaxMs: 0,
    endsSessions: false,
    longestRequestMs: LONGEST_SEND_MS,
    batch: { max: 1, concurrency: connections },
    apply: (targets) =>
      Promise.all(
        targets.map(async ({ row, key, generation }): Promise<Outcome> => {
          const { subject } = row;
          const sealed = row.sealed as PersonSealed | undefined;
          if (!sealed) return { subject, state: 'failed', code: 'NOTICE_PERSON_SEALED', receipt: {} };
          if (!isMailAddress(sealed.address)) {
            return { subject, state: 'failed', code: 'NOTICE_ADDRESS_INVALID', receipt: {} };
          }
          const letter = page.write(row);
          if ('refused' in letter) return { subject, state: 'failed', code: letter.refused, receipt: {} };
          const delivery = await mailer.send({
            from,
            returnPath: page.returnPath(row, generation),
            to: sealed.address,
            messageId: `<${key}@${bounceDomain}>`,
            ...letter.notice,
          });
          if (delivery.end === 'deferred') return { subject, ...(await page.putOff(row, generation, delivery)) };
          return { subject, ...outcomeOf(delivery, letter.receipt) };
        }),
      ),
  });
}

function outcomeOf(
  delivery: Exclude<Delivery, { readonly end: 'deferred' }>,
  told: JsonObject,
): Omit<Outcome, 'subject'> {
  const { receipt } = delivery;
  switch (delivery.end) {
    case 'accepted':
      return { state: 'accepted', receipt: { ...receipt, ...told } };
    case 'refused':
      return { state: 'failed', code: delivery.code, receipt };
    case 'unclear':
      return { state: 'unknown', code: delivery.code, receipt: { ...receipt, ...told } };
  }
}
