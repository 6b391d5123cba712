import type { Story, StoryToken } from './story.ts';
import { isKey, refusal, strings, type WorldAnswer, type WorldRequest } from './http-server.ts';
import { Replacements, type ReplacementAct } from './replacements.ts';

/** A line of the issuer's record: a call that took effect, or at the end the state of a token. */
export type IssuerRecord =
  | { readonly act: 'revoke'; readonly id: string; readonly at: string }
  | ReplacementAct
  | { readonly act: 'state'; readonly id: string; readonly active: boolean };

/** Keys of the simulated issuer. */
export interface IssuerKeys {
  readonly read: string;
  readonly act: string;
}

const PAGE_MAX = 500; // ids a reading call takes
const REVOKE_MAX = 100; // ids an acting call takes
const LAST_USED_AT = '2024-05-28T09:00:00Z'; // every token of the story was used before the exposure

type Handler = (request: WorldRequest) => WorldAnswer;

/**
 * The demo's issuer: a stand-in for a company's own token service, with a record of its own.
 *
 * It is a simulation (named as such): it checks keys, keeps token states and counts each call, nothing else. A checker
 * judges from this record alone.
 */
export class Issuer {
  readonly replacements: Replacements;
  /** Requests served, by `METHOD path` with ids blanked. */
  readonly calls: Record<string, number> = {};
  /** Token id to the times it was asked to be revoked. */
  readonly revokeAsked = new Map<string, number>();
  readonly #revokes: IssuerRecord[] = [];
  /** First revoke of any token, epoch milliseconds. */
  firstRevokeAt: number | undefined;

  readonly #story: Story;
  readonly #keys: IssuerKeys;
  readonly #byId: ReadonlyMap<string, StoryToken>;
  readonly #byValue: ReadonlyMap<string, StoryToken>;
  readonly #revokedAt = new Map<string, number>();
  readonly #reading: Readonly<Record<string, Handler>>;
  readonly #acting: Readonly<Record<string, Handler>>;

  constructor(story: Story, keys: IssuerKeys) {
    this.#story = story;
    this.#keys = keys;
    this.#byId = new Map(story.tokens.map((token) => [token.id, token]));
    this.#byValue = new Map(story.tokens.map((token) => [token.value, token]));
    this.replacements = new Replacements((id) => this.#byId.has(id));
    this.#reading = {
      'GET /api/tokens': (request) => this.#list(request),
      'GET /api/audit': () => this.#audit(),
      'POST /api/tokens/identify': (request) => this.#identify(request),
      'POST /api/tokens/check': (request) => this.#check(request),
      'POST /api/tokens/activity': (request) => this.#activity(request),
    };
    this.#acting = {
      'POST /api/tokens/revoke': (request) => this.#revoke(request),
      'POST /api/sessions/end': ({ body }) =>
        results(strings(body.ids, REVOKE_MAX).map((id) => ({ id, ended: this.#byId.has(id) }))),
    };
  }

  /** Its record: every revoke that it was asked for, replacements, and the state of every token now. */
  records(): readonly IssuerRecord[] {
    const states = this.#story.tokens.map((token): IssuerRecord => ({
      act: 'state',
      id: token.id,
      active: this.isActive(token),
    }));
    return [...this.#revokes, ...this.replacements.acts(), ...states];
  }

  /** Whether a token still answers who-am-I. */
  isActive(token: StoryToken): boolean {
    return !this.#revokedAt.has(token.id);
  }

  /** Service tokens whose old value died before the owner had confirmed the new one: each is an outage. */
  serviceDeadBeforeHandover(): number {
    return this.#story.tokens.filter((token) => {
      const diedAt = this.#revokedAt.get(token.id);
      return (
        token.kind === 'service' &&
        diedAt !== undefined &&
        diedAt < (this.replacements.confirmedAt(token.id) ?? Infinity)
      );
    }).length;
  }

  /** Answers a request under `/api/`; `undefined` for any other path. */
  serve(request: WorldRequest): WorldAnswer | undefined {
    if (!request.path.startsWith('/api/')) return undefined;
    const route = `${request.method} ${request.path}`;
    const blanked = route.replace(/(tokens|replacements)\/[^/]+\/(replacements|handover)/, '$1/:id/$2');
    this.calls[blanked] = (this.calls[blanked] ?? 0) + 1;
    if (route === 'GET /api/whoami') return this.#whoAmI(request);
    const isReader = isKey(request.bearer, this.#keys.read);
    const isActor = isKey(request.bearer, this.#keys.act);
    if (!isReader && !isActor) return refusal(401, 'unauthorized', 'a read or act key is needed');
    const read = this.#reading[route] ?? this.replacements.reading(request);
    if (read) return read(request);
    const act = this.#acting[route] ?? this.replacements.acting(request);
    if (!act) return undefined;
    return isActor ? act(request) : refusal(403, 'forbidden', 'this needs the act key');
  }

  #whoAmI({ bearer }: WorldRequest): WorldAnswer {
    const token = this.#byValue.get(bearer);
    if (!token || !this.isActive(token)) return refusal(401, 'invalid_token', 'the token is not valid');
    return { status: 200, body: { id: token.id } };
  }

  #described(token: StoryToken): object {
    const { id, kind, name, scopes, owner, misused } = token;
    const hint = `${token.value.slice(0, 3)}...${token.value.slice(-4)}`;
    return { id, kind, name, hint, scopes, owner, misused, status: this.isActive(token) ? 'active' : 'revoked' };
  }

  #list({ query }: WorldRequest): WorldAnswer {
    const [kind, status] = [query.get('kind'), query.get('status')];
    const limit = Math.min(PAGE_MAX, Number(query.get('limit') ?? PAGE_MAX));
    const start = Number(query.get('cursor') ?? 0);
    const matching = this.#story.tokens.filter(
      (token) =>
        (kind === null || token.kind === kind) && (status === null || (status === 'active') === this.isActive(token)),
    );
    const next = start + limit < matching.length ? String(start + limit) : null;
    return {
      status: 200,
      body: { tokens: matching.slice(start, start + limit).map((token) => this.#described(token)), next },
    };
  }

  #identify({ body }: WorldRequest): WorldAnswer {
    return results(
      strings(body.values, PAGE_MAX).map((value, index) => {
        const token = this.#byValue.get(value);
        return token ? { index, ...this.#described(token) } : { index, unknown: true };
      }),
    );
  }

  #check({ body }: WorldRequest): WorldAnswer {
    return results(
      strings(body.ids, PAGE_MAX).map((id) => ({ id, active: this.#byId.has(id) && !this.#revokedAt.has(id) })),
    );
  }

  #activity({ body }: WorldRequest): WorldAnswer {
    return results(
      strings(body.ids, PAGE_MAX).map((id) => {
        const token = this.#byId.get(id);
        return token
          ? { id, scopes: token.scopes, clients: token.clients, lastUsedAt: LAST_USED_AT }
          : { id, unknown: true };
      }),
    );
  }

  #audit(): WorldAnswer {
    const misused = this.#story.tokens.filter((token) => token.misused);
    const entries = misused.map(({ id, clients }) => ({
      at: LAST_USED_AT,
      token: id,
      action: 'read',
      client: clients[0],
    }));
    return { status: 200, body: { entries, next: null } };
  }

  #revoke({ body }: WorldRequest): WorldAnswer {
    const ids = strings(body.ids, REVOKE_MAX);
    const named =
      ids.length > 0 ? ids : strings(body.values, REVOKE_MAX).map((value) => this.#byValue.get(value)?.id ?? 'unknown');
    const now = Date.now();
    return results(
      named.map((id) => {
        if (!this.#byId.has(id)) return { id, status: 'not-found' };
        this.revokeAsked.set(id, (this.revokeAsked.get(id) ?? 0) + 1);
        if (!this.#revokedAt.has(id)) this.#revokedAt.set(id, now);
        this.#revokes.push({ act: 'revoke', id, at: new Date(now).toISOString() });
        this.firstRevokeAt ??= now;
        return { id, status: 'revoked', at: new Date(this.#revokedAt.get(id)!).toISOString() };
      }),
    );
  }
}

function results(entries: readonly object[]): WorldAnswer {
  return { status: 200, body: { results: entries } };
}
