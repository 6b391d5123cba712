import { CodedError } from '../contracts/errors.ts';
import { isJsonObject } from '../contracts/json.ts';
import type { ProblemDocument } from '../contracts/api.ts';
import type { Connection } from './connection.ts';
import { Refusal } from './refusal.ts';

const TIMEOUT_MS = 60_000; // a bundle of a large incident takes some seconds

function isProblem(value: unknown): value is ProblemDocument {
  return isJsonObject(value) && typeof value['code'] === 'string' && typeof value['remedy'] === 'string';
}

/** The HTTP API. Its answers have the shapes of contracts/api.ts. */
export class Api {
  readonly #connection: Connection;
  readonly #fetch: typeof fetch;

  constructor(connection: Connection, fetch_: typeof fetch) {
    this.#connection = connection;
    this.#fetch = fetch_;
  }

  /** @param path - below `/v1`. @throws CLI_UNREACHABLE; a {@link Refusal} */
  async get<Answer>(path: string): Promise<Answer> {
    return (await (await this.#ask('GET', path)).json()) as Answer;
  }

  /**
   * A list to its end, page after page.
   *
   * @param path - with the query of the list.
   * @param names - members of a page that hold rows.
   * @returns the first page with all rows in it.
   */
  async all<Answer extends object>(path: string, names: readonly (keyof Answer & string)[]): Promise<Answer> {
    const { next: second, ...first } = await this.get<Answer & { readonly next?: string }>(path);
    const rows = (page: object, name: string): readonly unknown[] =>
      (page as Record<string, readonly unknown[]>)[name]!;
    let whole: object = first;
    for (let next = second; next !== undefined;) {
      const place = `${path.includes('?') ? '&' : '?'}after=${encodeURIComponent(next)}`;
      const page = await this.get<Answer & { readonly next?: string }>(`${path}${place}`);
      const longer = names.map((name) => [name, [...rows(whole, name), ...rows(page, name)]] as const);
      whole = { ...whole, ...Object.fromEntries(longer) };
      next = page.next;
    }
    return whole as Answer;
  }

  /** @param key - idempotency key: the same act under the same key happens once. */
  async post<Answer>(path: string, body: object, key: string): Promise<Answer> {
    return (await (await this.#ask('POST', path, { body, key })).json()) as Answer;
  }

  /** The bytes of a document, or of a bundle where a body is given. */
  async bytes(path: string, sent?: { readonly body: object; readonly key: string }): Promise<Uint8Array> {
    const answer = await this.#ask(sent ? 'POST' : 'GET', path, sent);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /**
   * A stream of server-sent events, open for as long as `signal` says.
   *
   * @param after - id of the last event that was seen.
   * @returns `undefined` where nothing follows any more.
   */
  async events(path: string, after: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | undefined> {
    const headers = { accept: 'text/event-stream', 'last-event-id': String(after) };
    return (await this.#ask('GET', path, undefined, { headers, signal })).body ?? undefined;
  }

  async #ask(
    method: string,
    path: string,
    sent?: { readonly body: object; readonly key: string },
    { headers = {}, signal = AbortSignal.timeout(TIMEOUT_MS) }: { headers?: object; signal?: AbortSignal } = {},
  ): Promise<Response> {
    const { url, key } = this.#connection;
    let answer: Response;
    try {
      answer = await this.#fetch(`${url.replace(/\/$/, '')}/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...headers,
          ...(sent ? { 'content-type': 'application/json', 'idempotency-key': sent.key } : {}),
        },
        ...(sent ? { body: JSON.stringify(sent.body) } : {}),
        signal,
      });
    } catch (cause) {
      const again = sent ? `; this act has the key ${sent.key}` : '';
      throw new CodedError('CLI_UNREACHABLE', `${url} does not answer${again}`, { cause });
    }
    if (answer.ok) return answer;
    const problem: unknown = await answer.json().catch(() => undefined);
    if (isProblem(problem)) throw new Refusal(problem);
    throw new CodedError('CLI_UNREACHABLE', `${url} answered ${answer.status} without a problem document`);
  }
}
