import { Agent, errors } from 'undici';
import { CodedError } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';
import type { Outcome } from '../../contracts/effects.ts';

/** Largest answer that is read: 500 described tokens are 200 KB; anything near this is a mistake or an attack. */
const ANSWER_MAX_BYTES = 4 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 5_000;
/** Wait where a provider refuses for now without saying for how long. */
const DEFAULT_WAIT_MS = 5_000;
/** Longest wait a provider may impose on us: a day; beyond it the header is nonsense. */
const RETRY_AFTER_MAX_MS = 24 * 3_600_000;

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute `http:` or `https:` address. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as it is when a string. */
  readonly body?: Json;
  readonly timeoutMs: number;
}

/** How a request ended, told apart by what it means for the outside world. */
export type Exchange =
  | {
      readonly end: 'answered';
      readonly status: number;
      /** Parsed JSON; `undefined` where the body is none. */
      readonly body: unknown;
      readonly retryAfterMs: number | undefined;
      /** What we may keep of the answer: status and the provider's request id. */
      readonly receipt: JsonObject;
    }
  | { readonly end: 'not-sent'; readonly code: 'CONNECTOR_UNREACHABLE' }
  | { readonly end: 'unclear'; readonly code: 'CONNECTOR_TIMEOUT' | 'CONNECTOR_BROKEN_OFF' | 'CONNECTOR_NONSENSE' };

/** Connections to one provider: bounded in number, time and size; no redirects, no retries. */
export class HttpClient {
  readonly #agent: Agent;

  /** @param connections - to one origin at a time. */
  constructor(connections: number) {
    this.#agent = new Agent({
      connections,
      maxResponseSize: ANSWER_MAX_BYTES,
      connect: { timeout: CONNECT_TIMEOUT_MS },
    });
  }

  /** Sends one request. Never throws for what the outside does; the whole exchange takes at most `timeoutMs`. */
  async send({ method, url, headers, body, timeoutMs }: HttpRequest): Promise<Exchange> {
    const { origin, pathname, search } = new URL(url);
    const isText = typeof body === 'string';
    try {
      const answer = await this.#agent.request({
        origin,
        path: `${pathname}${search}`,
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await answer.body.text();
      return {
        end: 'answered',
        status: answer.statusCode,
        body: parseJson(text),
        retryAfterMs: retryAfterMs(answer.headers['retry-after']),
        receipt: receiptOf(answer.statusCode, answer.headers['x-request-id']),
      };
    } catch (error) {
      return endOf(error);
    }
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }
}

/** What an exchange means for each of its targets; `undefined` for an answer of the 2xx class, which the connector reads. */
export function refusalOf(exchange: Exchange): Omit<Outcome, 'subject'> | undefined {
  if (exchange.end === 'not-sent') return { state: 'planned', code: exchange.code, waitMs: 2_000, receipt: {} };
  if (exchange.end === 'unclear') return { state: 'unknown', code: exchange.code, receipt: {} };
  const { status, receipt } = exchange;
  if (status >= 200 && status < 300) return undefined;
  const waitMs = exchange.retryAfterMs ?? DEFAULT_WAIT_MS;
  if (status === 429) return { state: 'planned', code: 'CONNECTOR_RATE_LIMITED', waitMs, receipt };
  if (status === 503) return { state: 'planned', code: 'CONNECTOR_UNAVAILABLE', waitMs, receipt }; // RFC 7009 section 2.2.1: not done
  if (status === 401 || status === 403) return { state: 'planned', code: 'CONNECTOR_UNAUTHORIZED', waitMs, receipt };
  if (status < 400) return { state: 'planned', code: 'CONNECTOR_NONSENSE', waitMs, receipt }; // a redirect: nothing was done here
  if (status >= 500 || status === 408) return { state: 'unknown', code: 'CONNECTOR_SERVER_ERROR', receipt };
  return { state: 'failed', code: 'CONNECTOR_REFUSED', receipt };
}

/**
 * The JSON body of a reading request.
 *
 * @param what - what was read, for the message.
 * @throws the code of {@link refusalOf}; CONNECTOR_NONSENSE where a 2xx answer is not a JSON object.
 */
export function readObject(exchange: Exchange, what: string): JsonObject {
  const refusal = refusalOf(exchange);
  if (refusal) {
    const status = exchange.end === 'answered' ? `answered ${exchange.status}` : exchange.end;
    throw new CodedError((refusal.code ?? 'CONNECTOR_NONSENSE') as ErrorCode, `${what}: the provider ${status}`, {
      ...(refusal.waitMs === undefined ? {} : { retryAfterMs: refusal.waitMs }),
    });
  }
  const body = exchange.end === 'answered' ? exchange.body : undefined;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new CodedError('CONNECTOR_NONSENSE', `${what}: the answer is not a JSON object`);
  }
  return body as JsonObject;
}

function endOf(error: unknown): Exchange {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (error instanceof errors.ConnectTimeoutError || UNCONNECTED.has(code)) {
    return { end: 'not-sent', code: 'CONNECTOR_UNREACHABLE' };
  }
  if (error instanceof errors.ResponseExceededMaxSizeError || error instanceof errors.HTTPParserError) {
    return { end: 'unclear', code: 'CONNECTOR_NONSENSE' };
  }
  const isLate = (error instanceof Error && error.name === 'TimeoutError') || code.endsWith('_TIMEOUT');
  return { end: 'unclear', code: isLate ? 'CONNECTOR_TIMEOUT' : 'CONNECTOR_BROKEN_OFF' };
}

/** System codes that can only arise before a connection stands. */
const UNCONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: the reader of the answer decides what that means
  }
}

/** @source RFC 9110 section 10.2.3: seconds or an HTTP date. */
function retryAfterMs(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined;
  const waitMs = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isFinite(waitMs) ? Math.min(Math.max(waitMs, 0), RETRY_AFTER_MAX_MS) : undefined;
}

function receiptOf(status: number, requestId: string | string[] | undefined): JsonObject {
  const isSafe = typeof requestId === 'string' && /^[\w.:-]{1,64}$/.test(requestId);
  return { status, ...(isSafe ? { requestId } : {}) };
}
