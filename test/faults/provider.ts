import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isAfterEffect, spoil, type ProviderFault } from './provider-faults.ts';

/** One act as the provider itself saw it. */
export interface ProviderEffect {
  readonly kind: 'revoke' | 'end-sessions' | 'issue' | 'hand-over' | 'hold' | 'request';
  /** What was acted on: a token's id, an incident, a path. */
  readonly subject: string;
  /** Idempotency key it came with. */
  readonly key: string | undefined;
  readonly at: number;
  /** An act that changed nothing: done before, or asked for again with its key. */
  readonly isRepeat: boolean;
}

/** An acting request, as a test that chooses faults sees it. */
export interface ActingRequest {
  readonly method: string;
  readonly path: string;
  /** Counts from 1 over all acting requests. */
  readonly number: number;
  readonly subjects: readonly string[];
}

/** A provider on loopback that can be told to misbehave and writes down by itself what really happened. */
export interface Provider {
  readonly url: string;
  /** Everything that happened, in order. */
  readonly effects: readonly ProviderEffect[];
  /** Effects that changed something, of a kind, by subject. */
  done(kind: ProviderEffect['kind']): ReadonlyMap<string, readonly ProviderEffect[]>;
  /** Acting requests that came in. */
  readonly requests: number;
  /** Chooses the fault of each acting request from now on; `undefined` for an honest provider. */
  misbehave(choose: ((request: ActingRequest) => ProviderFault | undefined) | undefined): void;
  close(): Promise<void>;
}

type Body = Readonly<Record<string, unknown>>;

interface Act {
  readonly kind: ProviderEffect['kind'];
  readonly subjects: readonly string[];
  answer(): { readonly status: number; readonly body: object };
}

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];

/** Which act a request asks for; `undefined` for one that reads. */
function actOf(method: string, path: string, body: Body, key: string | undefined): Act | undefined {
  const ids = strings(body['ids']);
  const results = (one: (id: string) => object): ReturnType<Act['answer']> => ({
    status: 200,
    body: { results: ids.map((id) => ({ id, ...one(id) })) },
  });
  const at = new Date().toISOString();
  if (path === '/api/tokens/revoke')
    return { kind: 'revoke', subjects: ids, answer: () => results(() => ({ status: 'revoked', at })) };
  if (path === '/api/sessions/end')
    return { kind: 'end-sessions', subjects: ids, answer: () => results(() => ({ ended: true })) };
  const issued = /^\/api\/tokens\/([^/]+)\/replacements$/.exec(path)?.[1];
  if (method === 'POST' && issued !== undefined)
    return { kind: 'issue', subjects: [issued], answer: () => ({ status: 201, body: { id: `rep.${issued}.${key}` } }) };
  const handed = /^\/api\/replacements\/([^/]+)\/handover$/.exec(path)?.[1];
  if (handed !== undefined)
    return { kind: 'hand-over', subjects: [handed], answer: () => ({ status: 200, body: { handedOverAt: at } }) };
  if (path === '/audit/hold')
    return {
      kind: 'hold',
      subjects: [String(body['incident'])],
      answer: () => ({ status: 200, body: { held: true } }),
    };
  if (path.startsWith('/things/') && method !== 'GET')
    return { kind: 'request', subjects: [path], answer: () => ({ status: 200, body: { done: true } }) };
  return undefined;
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as Body);
}

/**
 * Starts a provider: an issuer by the default API of `http-issuer`, a log with a hold address below `/audit`, and things
 * below `/things/` that are changed once an idempotency key. Owners confirm a hand-over at once.
 */
export async function startProvider(): Promise<Provider> {
  const effects: ProviderEffect[] = [];
  const done = new Map<string, ProviderEffect[]>();
  let requests = 0;
  let choose: Parameters<Provider['misbehave']>[0];

  const record = ({ kind, subjects }: Act, key: string | undefined): void => {
    for (const subject of subjects) {
      const before = done.get(`${kind} ${subject}`) ?? [];
      const isKeyed = kind === 'issue' || kind === 'request';
      const isRepeat = isKeyed ? before.some((one) => one.key === key) : before.length > 0;
      const effect = { kind, subject, key, at: Date.now(), isRepeat };
      effects.push(effect);
      if (!isRepeat) done.set(`${kind} ${subject}`, [...before, effect]);
    }
  };

  const reading = (path: string, body: Body): object | undefined => {
    const ids = strings(body['ids']);
    if (path === '/api/tokens/identify')
      return { results: strings(body['values']).map((_, index) => ({ index, unknown: true })) };
    if (path === '/api/tokens/check') return { results: ids.map((id) => ({ id, active: !done.has(`revoke ${id}`) })) };
    if (path === '/api/replacements/status') {
      const confirmedAt = (id: string): string | null =>
        done.has(`hand-over ${id}`) ? new Date().toISOString() : null;
      return { results: ids.map((id) => ({ id, confirmedAt: confirmedAt(id), firstUsedAt: null })) };
    }
    if (path === '/audit') return { entries: [{ action: 'read' }], next: null };
    return undefined;
  };

  const server = createServer((request, response) => {
    void (async () => {
      const { method = 'GET', headers } = request;
      const path = new URL(request.url ?? '/', 'http://provider.invalid').pathname;
      const body = await readBody(request);
      const key = headers['idempotency-key'] as string | undefined;
      const act = actOf(method, path, body, key);
      if (!act) {
        const read = reading(path, body);
        response.writeHead(read ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(read ?? {}));
        return;
      }
      requests += 1;
      const fault = choose?.({ method, path, number: requests, subjects: act.subjects });
      if (!fault || isAfterEffect(fault)) record(act, key);
      if (fault) {
        spoil(response, fault);
        return;
      }
      const { status, body: said } = act.answer();
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    effects,
    done: (kind) =>
      new Map(
        [...done].flatMap(([name, list]) => (name.startsWith(`${kind} `) ? [[name.slice(kind.length + 1), list]] : [])),
      ),
    get requests() {
      return requests;
    },
    misbehave: (how) => (choose = how),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
