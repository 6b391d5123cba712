import { randomUUID } from 'node:crypto';
import type { IncidentStatus } from '../contracts/messages.ts';
import type { JsonObject } from '../contracts/json.ts';

/** A refusal of the HTTP API: a problem document (RFC 9457) with a code. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly code: string;

  constructor(code: string, detail: string) {
    super(`[${code}] ${detail}`);
    this.code = code;
  }
}

const REQUEST_TIMEOUT_MS = 30_000; // a bundle of a large demo takes some seconds

/** The HTTP API as one person sees it. */
export class Api {
  readonly #url: string;
  readonly #key: string;

  /**
   * @param url - base URL of the gateway.
   * @param key - API key of the person who acts.
   */
  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** Reads a path under `/v1`. */
  get<Answer>(path: string): Promise<Answer> {
    return this.#call<Answer>('GET', path, undefined);
  }

  /** Reads a document under `/v1` as text. */
  async text(path: string): Promise<string> {
    const answer = await fetch(`${this.#url}/v1${path}`, {
      headers: { authorization: `Bearer ${this.#key}` },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    return answer.text();
  }

  /** Posts to a path under `/v1` under a new idempotency key. */
  post<Answer>(path: string, body: JsonObject): Promise<Answer> {
    return this.#call<Answer>('POST', path, body);
  }

  /** Status of an incident. */
  status(incident: string): Promise<IncidentStatus> {
    return this.get(`/incidents/${incident}`);
  }

  async #call<Answer>(method: string, path: string, body: JsonObject | undefined): Promise<Answer> {
    const answer = await fetch(`${this.#url}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body ? { 'content-type': 'application/json', 'idempotency-key': randomUUID() } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const text = await answer.text();
    const parsed = text === '' ? {} : (JSON.parse(text) as unknown);
    if (answer.ok) return parsed as Answer;
    const { code = `HTTP_${answer.status}`, detail = text } = parsed as { code?: string; detail?: string };
    throw new ApiRefusal(code, detail);
  }
}
