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
 * `unknown` and never repeated unasked. Envelope sender and Message-ID carry the effect's key, by which bounces are known.
 *
 * @param write - what to write to a reader.
 */
export function smtpConnector(mailer: Mailer, sender: NoticeSender, write: (row: DatasetRow) => Letter): Connector {
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
        targets.map(async ({ row, key }): Promise<Outcome> => {
          const { subject } = row;
          const sealed = row.sealed as PersonSealed | undefined;
          if (!sealed) return { subject, state: 'failed', code: 'NOTICE_PERSON_SEALED', receipt: {} };
          if (!isMailAddress(sealed.address)) {
            return { subject, state: 'failed', code: 'NOTICE_ADDRESS_INVALID', receipt: {} };
          }
          const letter = write(row);
          if ('refused' in letter) return { subject, state: 'failed', code: letter.refused, receipt: {} };
          const delivery = await mailer.send({
            from,
            returnPath: bounceAddress(key, bounceDomain),
            to: sealed.address,
            messageId: `<${key}@${bounceDomain}>`,
            ...letter.notice,
          });
          return { subject, ...outcomeOf(delivery, letter.receipt) };
        }),
      ),
  });
}

/** Envelope sender of one notice: a bounce to it names the effect without naming the reader (VERP). */
export function bounceAddress(key: string, bounceDomain: string): string {
  return `bounce+${key}@${bounceDomain}`;
}

function outcomeOf(delivery: Delivery, told: JsonObject): Omit<Outcome, 'subject'> {
  const { receipt } = delivery;
  switch (delivery.end) {
    case 'accepted':
      return { state: 'accepted', receipt: { ...receipt, ...told } };
    case 'deferred':
      return { state: 'planned', code: delivery.code, waitMs: delivery.waitMs, receipt };
    case 'refused':
      return { state: 'failed', code: delivery.code, receipt };
    case 'unclear':
      return { state: 'unknown', code: delivery.code, receipt: { ...receipt, ...told } };
  }
}
