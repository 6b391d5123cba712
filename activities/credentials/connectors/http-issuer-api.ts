import { CodedError } from '../../../contracts/errors.ts';
import { HttpClient, readObject } from '../../effects/http-exchange.ts';
import { isJsonObject } from '../../../contracts/json.ts';
import { text, texts } from './answers.ts';
import type { Exchange } from '../../effects/http-exchange.ts';
import type { FoundCredential } from '../port.ts';
import type { JsonObject } from '../../../contracts/json.ts';
import type { SecretReader } from '../../port.ts';

const LIST_PAGE = 500; // tokens a page of a list
const TIMEOUT_MS = 10_000; // one request; a page has time for two in a row

/** Paths of the default API; each may be set in the configuration. */
const defaultPaths = {
  list: '/api/tokens',
  identify: '/api/tokens/identify',
  revoke: '/api/tokens/revoke',
  check: '/api/tokens/check',
  activity: '/api/tokens/activity',
  replacements: '/api/tokens/{id}/replacements',
  handOver: '/api/replacements/{id}/handover',
  replacementStatus: '/api/replacements/status',
  endSessions: '/api/sessions/end',
} as const;

/** One path of the API. */
export type IssuerPath = keyof typeof defaultPaths;

const pathSchema = { type: 'string', pattern: '^/', maxLength: 200 };
/** Configuration that reading and acting share. */
export const connectionSchema = {
  url: { type: 'string', pattern: '^https?://' },
  read: { type: 'string', description: 'Reference to the key that may only read: env:NAME or file:PATH' },
  paths: {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(Object.keys(defaultPaths).map((path) => [path, pathSchema])),
  },
  timeoutMs: { type: 'integer', minimum: 100, maximum: 15_000 },
} as const;

/** The issuer's API: addresses, keys and one client for both. */
export class IssuerApi {
  readonly timeoutMs: number;
  readonly keys: { readonly read: string; readonly act: string | undefined };
  readonly #client = new HttpClient(8); // four acting and four reading calls in flight
  readonly #url: string;
  readonly #paths: Readonly<Record<IssuerPath, string>>;

  constructor(config: JsonObject, secrets: SecretReader) {
    this.#url = text(config['url']).replace(/\/$/, '');
    this.#paths = { ...defaultPaths, ...(config['paths'] as Partial<Record<IssuerPath, string>> | undefined) };
    this.timeoutMs = typeof config['timeoutMs'] === 'number' ? config['timeoutMs'] : TIMEOUT_MS;
    this.keys = {
      read: secrets(text(config['read'])),
      act: typeof config['act'] === 'string' ? secrets(config['act']) : undefined,
    };
  }

  /** Posts with the reading key. @throws CONNECTOR_ codes */
  async read(path: IssuerPath, body: JsonObject): Promise<JsonObject> {
    return readObject(await this.#send('POST', this.#address(path), this.keys.read, body), `POST ${path}`);
  }

  /** Gets with the reading key. @throws CONNECTOR_ codes */
  async get(path: IssuerPath, query: URLSearchParams): Promise<JsonObject> {
    const address = `${this.#address(path)}?${query.toString()}`;
    return readObject(await this.#send('GET', address, this.keys.read), `GET ${path}`);
  }

  /** Posts with the acting key. @param id - fills `{id}` of the path. */
  async act(path: IssuerPath, body: JsonObject, id = '', headers: Record<string, string> = {}): Promise<Exchange> {
    return this.#send('POST', this.#address(path, id), this.keys.act ?? '', body, headers);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #address(path: IssuerPath, id = ''): string {
    return `${this.#url}${this.#paths[path].replace('{id}', encodeURIComponent(id))}`;
  }

  async #send(
    method: 'GET' | 'POST',
    url: string,
    key: string,
    body?: JsonObject,
    headers: Record<string, string> = {},
  ): Promise<Exchange> {
    const { timeoutMs } = this;
    const all = { authorization: `Bearer ${key}`, ...headers };
    return this.#client.send({ method, url, headers: all, timeoutMs, ...(body === undefined ? {} : { body }) });
  }
}

/** Every token that matches, page by page; active ones unless `where` names a status. */
export async function* listTokens(
  api: IssuerApi,
  issuer: string,
  where: Readonly<Record<string, string>>,
): AsyncIterable<FoundCredential> {
  let cursor = '';
  do {
    const query = new URLSearchParams({ status: 'active', ...where, limit: String(LIST_PAGE) });
    if (cursor !== '') query.set('cursor', cursor);
    const page = await api.get('list', query);
    for (const token of listOf(page, 'tokens')) {
      const { id, ...rest } = described(token);
      yield { ...rest, issuer, issuerId: id, hint: text(token['hint']), store: '', value: undefined };
    }
    cursor = text(page['next']);
  } while (cursor !== '');
}

/** What both the list and identify say of a token. */
export function described(token: JsonObject): Pick<
  FoundCredential,
  'kind' | 'name' | 'scopes' | 'misused' | 'ownerId'
> & {
  readonly id: string;
} {
  const { id, kind, name, scopes, owner, misused } = token;
  return {
    id: text(id),
    kind: text(kind),
    name: text(name),
    scopes: texts(scopes),
    misused: misused === true,
    ownerId: text(owner),
  };
}

/** Objects of a list member. @throws CONNECTOR_NONSENSE where there is no such list */
export function listOf(body: JsonObject, member: string): readonly JsonObject[] {
  if (!Array.isArray(body[member])) {
    throw new CodedError('CONNECTOR_NONSENSE', `the answer has no list "${member}"`);
  }
  return entries(body, member);
}

/** Objects of a list member; empty where there is no such list. */
export function entries(body: unknown, member: string): readonly JsonObject[] {
  const list = isJsonObject(body) ? body[member] : undefined;
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}
