import { simpleParser } from 'mailparser';

/** What a mail server or a mailbox provider reports of one mail. */
export interface DeliveryReport {
  /** `failed`: it came back. `delayed`: it may still arrive. `complained`: its reader marked it as unwanted. */
  readonly what: 'failed' | 'delayed' | 'complained';
  /** RFC 3463 status, e.g. `5.1.1`; '' where there is none. */
  readonly status: string;
}

/** Feedback that is a complaint; `virus`, `other` and `not-spam` are none. @source RFC 5965 section 7.3 */
const COMPLAINTS: readonly (string | undefined)[] = ['abuse', 'fraud'];

/**
 * Reads a delivery status notification (RFC 3464) or a feedback report (RFC 5965).
 *
 * @returns `undefined` for any other mail, and for reports of something that did not go wrong.
 */
export async function readReport(raw: Buffer): Promise<DeliveryReport | undefined> {
  const { attachments } = await simpleParser(raw, { keepDeliveryStatus: true });
  const partOf = (type: string): string | undefined =>
    attachments.find(({ contentType }) => contentType === type)?.content.toString('utf8');
  const status = partOf('message/delivery-status');
  if (status !== undefined) return ofStatus(status);
  const feedback = partOf('message/feedback-report');
  return feedback === undefined ? undefined : ofFeedback(feedback);
}

/** @source RFC 3464 section 2.3 */
function ofStatus(part: string): DeliveryReport | undefined {
  const action = field(part, 'Action')?.toLowerCase();
  const status = /^[245]\.\d{1,3}\.\d{1,3}/.exec(field(part, 'Status') ?? '')?.[0] ?? '';
  return action === 'failed' || action === 'delayed' ? { what: action, status } : undefined;
}

/** @source RFC 5965 section 3.1 */
function ofFeedback(part: string): DeliveryReport | undefined {
  const type = field(part, 'Feedback-Type')?.toLowerCase();
  return COMPLAINTS.includes(type) ? { what: 'complained', status: '' } : undefined;
}

function field(part: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*([^\\r\\n]*)`, 'im').exec(part)?.[1]?.trim();
}
