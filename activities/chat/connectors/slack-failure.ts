import { CodedError, type ErrorCode } from '../../../contracts/errors.ts';

/** Error words of Slack by the code they mean; any other is a refusal. @source Slack: error tables of the methods used */
const WORDS: Readonly<Record<string, ErrorCode>> = {
  name_taken: 'CHAT_NAME_TAKEN',
  users_not_found: 'CHAT_PERSON_UNKNOWN',
  user_not_found: 'CHAT_PERSON_UNKNOWN',
  ratelimited: 'CONNECTOR_RATE_LIMITED',
  invalid_auth: 'CONNECTOR_UNAUTHORIZED',
  not_authed: 'CONNECTOR_UNAUTHORIZED',
  token_revoked: 'CONNECTOR_UNAUTHORIZED',
  token_expired: 'CONNECTOR_UNAUTHORIZED',
  account_inactive: 'CONNECTOR_UNAUTHORIZED',
  missing_scope: 'CONNECTOR_UNAUTHORIZED',
  service_unavailable: 'CONNECTOR_UNAVAILABLE',
  internal_error: 'CONNECTOR_SERVER_ERROR',
  fatal_error: 'CONNECTOR_SERVER_ERROR',
  request_timeout: 'CONNECTOR_SERVER_ERROR',
};

/** System codes that can only arise before a connection stands. */
const UNCONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

interface SdkError {
  /** `slack_webapi_...`; see the SDK's `ErrorCode`. */
  readonly code?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  readonly statusCode?: number;
  readonly data?: { readonly error?: string };
  readonly original?: unknown;
}

/**
 * What an error of Slack's SDK means.
 *
 * @param method - Web API method, for the message.
 * @returns an error whose `details` hold Slack's own word, where it gave one.
 */
export function slackFailure(method: string, error: unknown): CodedError {
  const { code, retryAfter, statusCode, data, original } = error as SdkError;
  if (code === 'slack_webapi_rate_limited_error')
    return new CodedError('CONNECTOR_RATE_LIMITED', `slack ${method}`, { retryAfterMs: (retryAfter ?? 1) * 1_000 });
  if (code === 'slack_webapi_platform_error') {
    const word = String(data?.error);
    return new CodedError(WORDS[word] ?? 'CHAT_REFUSED', `slack ${method}: ${word}`, { details: word });
  }
  if (code === 'slack_webapi_http_error') {
    const isDown = statusCode === 503;
    const is5xx = statusCode !== undefined && statusCode >= 500;
    const meaning = isDown ? 'CONNECTOR_UNAVAILABLE' : is5xx ? 'CONNECTOR_SERVER_ERROR' : 'CHAT_REFUSED';
    return new CodedError(meaning, `slack ${method}: HTTP ${statusCode ?? 'without status'}`);
  }
  const root = rootCodes(original ?? error);
  if (root.some((entry) => UNCONNECTED.has(entry))) return new CodedError('CONNECTOR_UNREACHABLE', `slack ${method}`);
  const isLate = root.some((entry) => entry === 'TimeoutError' || entry === 'AbortError' || entry.endsWith('_TIMEOUT'));
  return new CodedError(isLate ? 'CONNECTOR_TIMEOUT' : 'CONNECTOR_BROKEN_OFF', `slack ${method}`, { cause: error });
}

/** Names and codes of an error and its causes; the SDK wraps what `fetch` wrapped. */
function rootCodes(error: unknown): readonly string[] {
  const codes: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    codes.push(at.name, ...('code' in at ? [String(at.code)] : []));
  }
  return codes;
}
