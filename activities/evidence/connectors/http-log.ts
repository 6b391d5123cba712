import { CodedError } from '../../../contracts/errors.ts';
import { HttpClient, readObject } from '../../effects/http-exchange.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import type { EvidenceSource } from '../port.ts';

/** Configuration of `http-log`. */
export interface HttpLogOptions {
  /** Address of the log; `since` and `cursor` are added to its query. Answers `{entries: [...], next: string | null}`. */
  readonly url: string;
  /** Bearer token that may read. */
  readonly token: string;
  /** Address that is asked to keep its logs, `POST {incident}`; absent where there is none. */
  readonly holdUrl?: string;
}

const REQUEST_TIMEOUT_MS = 10_000; // a page of a log; slower than that is a log that is down

/** A log that is read over HTTP, in pages. */
export function httpLog({ url, token, holdUrl }: HttpLogOptions): EvidenceSource {
  const http = new HttpClient(1);
  const headers = { authorization: `Bearer ${token}` };
  const { host } = new URL(url);
  return {
    kind: 'http-log',
    host,
    longestRequestMs: REQUEST_TIMEOUT_MS,
    hold: async (incident) => {
      if (holdUrl === undefined) throw new CodedError('EVIDENCE_HOLD_UNSUPPORTED', `${host} has no hold address`);
      const body = { incident };
      const answer = await http.send({ method: 'POST', url: holdUrl, headers, body, timeoutMs: REQUEST_TIMEOUT_MS });
      readObject(answer, `hold of ${host}`);
    },
    read: async (since, cursor) => {
      const page = new URL(url);
      page.searchParams.set('since', since);
      if (cursor !== undefined) page.searchParams.set('cursor', cursor);
      const asked = { method: 'GET', url: page.href, headers, timeoutMs: REQUEST_TIMEOUT_MS } as const;
      const { entries, next } = readObject(await http.send(asked), `log of ${host}`);
      if (!Array.isArray(entries)) throw new CodedError('CONNECTOR_NONSENSE', `log of ${host}: entries is not a list`);
      if (typeof next === 'string' && next === cursor)
        throw new CodedError('CONNECTOR_NONSENSE', `log of ${host}: the next page is the same page`);
      return { entries: entries.filter(isJsonObject), next: typeof next === 'string' ? next : undefined };
    },
    close: () => http.close(),
  };
}
