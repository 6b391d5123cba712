import { CodedError } from '../../../contracts/errors.ts';
import { isJsonObject, type JsonObject } from '../../../contracts/json.ts';
import { HttpClient, refusalOf, type Exchange } from '../../effects/http-exchange.ts';
import type { ErrorCode } from '../../../contracts/errors.ts';
import type { Ticket, TicketConnector, TicketDraft, TicketVendor } from '../port.ts';

/** Configuration of `github-issues`. */
export interface GithubIssuesOptions {
  /** `https://api.github.com`, or a GitHub Enterprise or emulator address. */
  readonly url: string;
  /** Bearer token with write access to issues of the queues' repositories. */
  readonly token: string;
  /** Queue name to `owner/repository`. */
  readonly queues: Readonly<Record<string, string>>;
}

const REQUEST_TIMEOUT_MS = 10_000; // GitHub ends its own requests after 10 s
const CONNECTIONS = 2; // GitHub asks for serial writes; one more for reads
const PAGE = 100; // largest page of the REST API
const PAGES_MAX = 10; // comments or look-alikes beyond 1,000 are not ours
const TICKET_ID = /^([\w.-]+\/[\w.-]+)#(\d{1,9})$/;

/** `use: github-issues` in the configuration; the token is a reference. */
export const githubIssuesVendor: TicketVendor = {
  use: 'github-issues',
  schema: {
    required: ['url', 'token', 'queues'],
    properties: {
      url: { type: 'string', format: 'uri', pattern: '^https?://' },
      token: { type: 'string', pattern: '^(env|file):' },
      queues: {
        type: 'object',
        minProperties: 1,
        propertyNames: { pattern: '^[a-z][a-zA-Z0-9-]{0,63}$' },
        additionalProperties: { type: 'string', pattern: '^[\\w.-]+/[\\w.-]+$' },
      },
    },
  },
  create: (config, secrets) => {
    const { url, token, queues } = config as unknown as GithubIssuesOptions;
    return githubIssues({ url, token: secrets(token), queues });
  },
};

const marker = (key: string): string => `<!-- fb:${key} -->`;
const label = (key: string): string => `fb-${key.slice(0, 16)}`; // 64 bits: enough to list by, the marker decides

/**
 * Tickets as issues of GitHub repositories.
 *
 * Issues are found by a label and a hidden marker over the list of issues, which is consistent; the search index is not.
 *
 * @source GitHub REST API, version 2022-11-28, "Issues"
 */
export function githubIssues(options: GithubIssuesOptions): TicketConnector {
  const api = new GithubApi(options.url, options.token);
  const repository = (queue: string): string => {
    const name = options.queues[queue];
    if (name === undefined) throw new CodedError('TICKET_QUEUE_UNKNOWN', `there is no ticket queue ${queue}`);
    return name;
  };
  return {
    name: 'github-issues',
    effect: 'checkable',
    checks: true,
    notifiesOwner: false,
    reversible: true,
    needsRawValue: false,
    effectDelayMaxMs: 0,
    endsSessions: false,
    longestRequestMs: REQUEST_TIMEOUT_MS,
    find: async (queue, key) => {
      const name = repository(queue);
      const issues = await api.list(`/repos/${name}/issues?state=all&labels=${label(key)}&sort=created&direction=asc`);
      return issues
        .filter((issue) => issue['pull_request'] === undefined && carries(issue, key))
        .map((issue) => toTicket(name, issue))
        .sort((left, right) => numberOf(left.id) - numberOf(right.id));
    },
    create: async (draft) => create(api, repository(draft.queue), draft),
    comment: async (ticket, text, key) => comment(api, ticket, text, key),
    close: async (ticket) => {
      await api.call('PATCH', pathOf(ticket), { state: 'closed' });
    },
    end: () => api.close(),
  };
}

async function create(api: GithubApi, name: string, draft: TicketDraft): Promise<Ticket> {
  const issue = await api.call('POST', `/repos/${name}/issues`, {
    title: draft.title,
    body: `${draft.body}\n\n${marker(draft.key)}`,
    labels: ['firebreak', label(draft.key)],
  });
  if (!isJsonObject(issue))
    throw new CodedError('CONNECTOR_NONSENSE', 'github-issues: the created issue is not an object');
  return toTicket(name, issue);
}

async function comment(api: GithubApi, ticket: string, text: string, key: string): Promise<{ readonly id: string }> {
  const path = `${pathOf(ticket)}/comments`;
  const known = (await api.list(path)).find((entry) => carries(entry, key));
  const entry = known ?? (await api.call('POST', path, { body: `${text}\n\n${marker(key)}` }));
  if (!isJsonObject(entry) || typeof entry['id'] !== 'number')
    throw new CodedError('CONNECTOR_NONSENSE', 'github-issues: the comment has no id');
  return { id: `${ticket}/${entry['id']}` };
}

/** Whether the hidden marker of a key stands in an issue or comment. */
function carries({ body }: JsonObject, key: string): boolean {
  return typeof body === 'string' && body.includes(marker(key));
}

function pathOf(ticket: string): string {
  const match = TICKET_ID.exec(ticket);
  if (!match) throw new CodedError('TICKET_ID_INVALID', `"${ticket.slice(0, 80)}" is not like org/repo#12`);
  return `/repos/${match[1]}/issues/${match[2]}`;
}

const numberOf = (id: string): number => Number(TICKET_ID.exec(id)?.[2]);

function toTicket(name: string, issue: JsonObject): Ticket {
  const { number, html_url: url, state } = issue;
  if (typeof number !== 'number' || typeof url !== 'string')
    throw new CodedError('CONNECTOR_NONSENSE', 'github-issues: an issue lacks number or html_url');
  return { id: `${name}#${number}`, url, open: state === 'open' };
}

/** The calls we make of GitHub's REST API. */
class GithubApi {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #http = new HttpClient(CONNECTIONS);

  constructor(url: string, token: string) {
    this.#url = url.replace(/\/$/, '');
    this.#headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      'user-agent': 'firebreak',
    };
  }

  async call(method: 'GET' | 'POST' | 'PATCH', path: string, body?: JsonObject): Promise<unknown> {
    const exchange = await this.#http.send({
      method,
      url: `${this.#url}${path}`,
      headers: this.#headers,
      ...(body === undefined ? {} : { body }),
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
    return accept(exchange, `${method} ${path.split('?')[0]}`);
  }

  async list(path: string): Promise<readonly JsonObject[]> {
    const entries: JsonObject[] = [];
    for (let page = 1; page <= PAGES_MAX; page += 1) {
      const query = `${path.includes('?') ? '&' : '?'}per_page=${PAGE}&page=${page}`;
      const answer = await this.call('GET', `${path}${query}`);
      if (!Array.isArray(answer)) throw new CodedError('CONNECTOR_NONSENSE', 'github-issues: a list is not an array');
      entries.push(...answer.filter(isJsonObject));
      if (answer.length < PAGE) break;
    }
    return entries;
  }

  async close(): Promise<void> {
    await this.#http.close();
  }
}

function accept(exchange: Exchange, what: string): unknown {
  const refusal = refusalOf(exchange);
  if (!refusal) return exchange.end === 'answered' ? exchange.body : undefined;
  const status = exchange.end === 'answered' ? exchange.status : 0;
  const waitMs = exchange.end === 'answered' ? exchange.retryAfterMs : undefined;
  const isSlowDown = status === 403 && waitMs !== undefined; // GitHub's secondary limits answer 403 with Retry-After
  const isGone = status === 404 || status === 410; // 410: issues are disabled
  const code = isSlowDown
    ? 'CONNECTOR_RATE_LIMITED'
    : isGone
      ? 'CONNECTOR_TARGET_UNKNOWN'
      : (refusal.code as ErrorCode);
  const retryAfterMs = waitMs ?? refusal.waitMs;
  throw new CodedError(code, `github-issues: ${what} ended ${status || exchange.end}`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
