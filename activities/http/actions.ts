import { CodedError, type ErrorCode } from '../../contracts/errors.ts';
import type { HttpClient } from '../effects/http-exchange.ts';
import { refusalOf } from '../effects/http-exchange.ts';
import { requestUrl } from './request-url.ts';
import { runSingle, type SingleOutcome, type SingleRuntime } from '../single-effect.ts';
import { scrubTokens } from '../../contracts/token-shapes.ts';
import { visitId } from '../../contracts/ids.ts';
import type { ActionCall, ActionResult } from '../../contracts/effects.ts';
import type { Json, JsonObject } from '../../contracts/json.ts';

/** A host of the configuration, references resolved. */
export interface HttpHost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How long the host remembers an idempotency key, in milliseconds. */
  readonly keyLifetimeMs: number;
}

/** What `http.request` works with. */
export interface HttpActionOptions {
  readonly hosts: Readonly<Record<string, HttpHost>>;
  readonly http: HttpClient;
  readonly runtime: SingleRuntime;
}

interface RequestInput extends JsonObject {
  readonly host: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
}

/** Longest time one request may stay open. */
export const REQUEST_TIMEOUT_MS = 15_000; // a quarter of the activity's timeout
const BODY_MAX_BYTES = 3_072; // outputs of a step hold at most 4 KiB; a longer answer is left out and said to be

/**
 * Sends one request to a configured host.
 *
 * @param call - `with: {host, method, path, body?, expect?}`.
 * @returns `{status, body?}`; a body that is too long for a step's outputs is left out, as an open item says.
 * @idempotency subject is step and visit, of an undo with the mark of one: it is another request than the one it takes back;
 *   repeats carry the same `Idempotency-Key` while the host remembers it.
 * @effect what the host does.
 * @throws HTTP_HOST_UNKNOWN, HTTP_PATH_REFUSED, HTTP_STATUS_UNEXPECTED, codes of the exchange and of `runSingle`.
 */
export async function sendRequest(
  call: ActionCall,
  { hosts, http, runtime }: HttpActionOptions,
): Promise<ActionResult> {
  const given = call.with as RequestInput;
  const host = hosts[given.host];
  if (!host) throw new CodedError('HTTP_HOST_UNKNOWN', `${call.step}: no host ${given.host} is configured`);
  const url = requestUrl(host.url, given.path);
  const done = await runSingle(runtime, call, {
    action: call.uses,
    subject: `${visitId(call.step, call.visit)}${call.isUndo === true ? ':undo' : ''}`,
    class: 'keyed',
    params: given,
    longestRequestMs: REQUEST_TIMEOUT_MS,
    keyLifetimeMs: host.keyLifetimeMs,
    act: async (key) => {
      const exchange = await http.send({
        method: given.method,
        url: url.href,
        headers: { ...host.headers, 'idempotency-key': key },
        ...(given['body'] === undefined ? {} : { body: given['body'] }),
        timeoutMs: REQUEST_TIMEOUT_MS,
      });
      return outcomeOfExchange(exchange, given);
    },
  });
  if (done.state === 'withheld') return { outputs: { status: 0 } };
  const { status, body, isCut } = done.result as { status: number; body?: Json; isCut: boolean };
  const openItems = isCut ? [`${call.step}: the answer of ${given.host} is longer than a step may keep`] : [];
  return {
    outputs: { status, ...(body === undefined ? {} : { body }) },
    ...(openItems.length > 0 ? { openItems } : {}),
  };
}

function outcomeOfExchange(exchange: Awaited<ReturnType<HttpClient['send']>>, given: RequestInput): SingleOutcome {
  const refusal = refusalOf(exchange);
  const status = exchange.end === 'answered' ? exchange.status : undefined;
  const what = `${given.method} to ${given.host} ended ${status ?? exchange.end}`;
  if (refusal?.state === 'planned' && status !== undefined && status < 400)
    return { state: 'failed', code: 'HTTP_STATUS_UNEXPECTED', what };
  if (refusal?.state === 'planned')
    return { state: 'planned', code: refusal.code as ErrorCode, what, waitMs: refusal.waitMs ?? 0 };
  if (refusal?.state === 'unknown') return { state: 'pending', code: refusal.code as ErrorCode, what };
  const expected = given['expect'];
  if (refusal || status === undefined || (expected !== undefined && status !== expected))
    return { state: 'failed', code: 'HTTP_STATUS_UNEXPECTED', what };
  const text = exchange.end === 'answered' && exchange.body !== undefined ? JSON.stringify(exchange.body) : undefined;
  const isCut = text !== undefined && Buffer.byteLength(text) > BODY_MAX_BYTES;
  const kept = text === undefined || isCut ? {} : { body: scrubbed(text) };
  return { state: 'accepted', result: { status, ...kept, isCut } };
}

/** The answer with everything shaped like a credential taken out of its texts. */
function scrubbed(text: string): Json {
  return JSON.parse(text, (_key, value: Json) => (typeof value === 'string' ? scrubTokens(value) : value)) as Json;
}
