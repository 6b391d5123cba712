import type { ErrorCode } from '../../contracts/errors.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** Wait before a server that put one message off is asked again: greylisting lasts minutes, a page sweeps at most every 20 s. */
const DEFERRED_WAIT_MS = 60_000;
/** Wait before a server that cannot be used at all is tried again. */
const UNUSABLE_WAIT_MS = 5_000;

/** How one send ended, told apart by what it means for the reader. */
export type Delivery =
  | { readonly end: 'accepted'; readonly receipt: JsonObject }
  /** Certain that this message was not taken; ask again. */
  | { readonly end: 'deferred'; readonly code: ErrorCode; readonly waitMs: number; readonly receipt: JsonObject }
  /** It never will be. */
  | { readonly end: 'refused'; readonly code: ErrorCode; readonly receipt: JsonObject }
  /** The connection was lost, or silent, after the message had begun: it may have been taken. */
  | { readonly end: 'unclear'; readonly code: ErrorCode; readonly receipt: JsonObject };

interface SmtpFailure {
  readonly code?: unknown;
  readonly command?: unknown;
  readonly responseCode?: unknown;
  readonly response?: unknown;
}

/**
 * What a failed send means.
 *
 * @param error - what the mail client threw.
 * @param bodyBegan - whether a byte of the message was read for the wire, which the client does only after `354`.
 * @source RFC 5321 sections 4.2.1 to 4.2.4, RFC 3463
 */
export function deliveryOf(error: unknown, bodyBegan: boolean): Delivery {
  const { code, command, responseCode, response } = (
    typeof error === 'object' && error !== null ? error : {}
  ) as SmtpFailure;
  if (code === 'EAUTH') {
    return {
      end: 'deferred',
      code: 'CONNECTOR_UNAUTHORIZED',
      waitMs: UNUSABLE_WAIT_MS,
      receipt: replyOf(responseCode),
    };
  }
  if (code === 'EENVELOPE' && command === 'API') {
    return { end: 'refused', code: 'NOTICE_ADDRESS_INVALID', receipt: {} }; // the client would not put it on the wire
  }
  if (typeof responseCode === 'number' && responseCode >= 400)
    return ofReply(responseCode, String(command), String(response));
  if (bodyBegan) {
    return { end: 'unclear', code: code === 'ETIMEDOUT' ? 'CONNECTOR_TIMEOUT' : 'CONNECTOR_BROKEN_OFF', receipt: {} };
  }
  // No reply refused the message, and not a byte of it left: no connection, no TLS, or a connection lost before DATA.
  return { end: 'deferred', code: 'CONNECTOR_UNREACHABLE', waitMs: UNUSABLE_WAIT_MS, receipt: {} };
}

function ofReply(reply: number, command: string, response: string): Delivery {
  const receipt = replyOf(reply);
  if (reply === 421) {
    return { end: 'deferred', code: 'CONNECTOR_UNAVAILABLE', waitMs: UNUSABLE_WAIT_MS, receipt };
  }
  if (reply < 500) return { end: 'deferred', code: 'NOTICE_DEFERRED', waitMs: DEFERRED_WAIT_MS, receipt };
  const aboutMailbox = command === 'RCPT TO' && reply >= 550 && reply <= 553;
  const byPolicy = /^\d{3}[ -]5\.7\./.test(response); // RFC 3463 section 3.8: refused for what we are or say, not for who reads
  return { end: 'refused', code: aboutMailbox && !byPolicy ? 'NOTICE_UNREACHABLE' : 'NOTICE_REFUSED', receipt };
}

function replyOf(reply: unknown): JsonObject {
  return typeof reply === 'number' ? { reply } : {};
}
