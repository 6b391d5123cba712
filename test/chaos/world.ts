import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isAfterEffect, spoil } from '../faults/provider-faults.ts';
import { startMailServer } from './mail-server.ts';
import { RunWorld } from './run-world.ts';
import type { ChaosRun } from './draw-run.ts';

/** The outside world of all runs on one stack: issuer, store, directory, ticket system, mail. */
export interface ChaosWorld {
  readonly http: string;
  readonly smtpPort: number;
  of(run: ChaosRun): RunWorld;
  close(): Promise<void>;
}

type Body = Readonly<Record<string, unknown>>;

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Body;
  /** Its Idempotency-Key; '' where it has none. */
  readonly key: string;
}

/** An answer; `act` is what happens outside, which a fault may keep from happening, or from being told. */
interface Answer {
  readonly world?: RunWorld | undefined;
  readonly act: () => object;
}

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];

/** Name of the run that an id of a token, replacement or person belongs to. */
const runOf = (id: string): string => id.replace(/-[tp]\d+(-r[0-9a-f]+)?$/, '');

class Services {
  readonly #worlds = new Map<string, RunWorld>();
  readonly #byValue = new Map<string, RunWorld>();
  readonly #reading: Readonly<Record<string, (request: Request) => object>>;

  constructor(runs: readonly ChaosRun[]) {
    for (const run of runs) {
      const world = new RunWorld(run);
      this.#worlds.set(run.name, world);
      for (const { value } of run.tokens) this.#byValue.set(value, world);
    }
    this.#reading = {
      'GET /store/export': ({ query }) => this.#export(query.get('store') ?? ''),
      'POST /directory/people': ({ body }) => ({ people: strings(body['ids']).map((id) => this.#person(id)) }),
      'POST /api/tokens/identify': ({ body }) => this.#identify(strings(body['values'])),
      'GET /audit': () => ({ entries: [], next: null }),
      'POST /api/tokens/activity': ({ body }) => ({
        results: strings(body['ids']).map((id) => ({
          ...{ id, scopes: ['read'], clients: ['cli/1.8'], lastUsedAt: '2024-05-28T09:00:00Z' },
          ...(this.world(runOf(id))?.token(id) ? {} : { unknown: true }),
        })),
      }),
      'POST /api/replacements/status': ({ body }) => ({
        results: strings(body['ids']).map((id) => ({ id, confirmedAt: this.world(runOf(id))?.confirmed(id) ?? null })),
      }),
      'POST /api/tokens/check': ({ body }) => ({
        results: strings(body['ids']).map((id) => ({ id, active: this.world(runOf(id))?.isActive(id) ?? false })),
      }),
    };
  }

  world(name: string): RunWorld | undefined {
    return this.#worlds.get(name);
  }

  answer(request: Request): Answer | undefined {
    const route = `${request.method} ${request.path}`;
    const read = this.#reading[route];
    if (read) return { act: () => read(request) };
    if (request.path.startsWith('/repos/')) return this.#tickets(request);
    const rotation = this.#rotation(request);
    if (rotation) return rotation;
    const ids = strings(request.body['ids']);
    const world = this.world(runOf(ids[0] ?? ''));
    if (route === 'POST /api/tokens/revoke')
      return { world, act: () => ({ results: ids.map((id) => ({ id, status: 'revoked', at: world?.revoke(id) })) }) };
    if (route === 'POST /api/sessions/end')
      return { world, act: () => ({ results: ids.map((id) => ({ id, ended: true })) }) };
    return undefined;
  }

  /** Issue, look for, or hand over a replacement. */
  #rotation({ method, path, key }: Request): Answer | undefined {
    const of = /^\/api\/tokens\/([^/]+)\/replacements$/.exec(path)?.[1];
    const id = /^\/api\/replacements\/([^/]+)\/handover$/.exec(path)?.[1];
    const world = this.world(runOf(of ?? id ?? ''));
    if (method !== 'POST' || !world) return undefined;
    if (of !== undefined) return { world, act: () => ({ id: world.replace(of, key), status: 'issued' }) };
    return id === undefined ? undefined : { world, act: () => ({ handedOverAt: world.handOver(id) }) };
  }

  #export(store: string): object {
    const { tokens = [] } = this.world(store)?.run ?? {};
    return { secrets: tokens.map(({ name, value, owner }) => ({ name, value, owner, issuer: 'own' })), next: null };
  }

  #person(id: string): object {
    const person = this.world(runOf(id))?.run.people.find((one) => one.id === id);
    return person ? { ...person, displayName: `Person ${id}` } : { id, unknown: true };
  }

  #identify(values: readonly string[]): object {
    const results = values.map((value, index) => {
      const token = this.#byValue.get(value)?.run.tokens.find((one) => one.value === value);
      if (!token) return { index, unknown: true };
      const { id, kind, name, owner, misused } = token;
      return { index, id, kind, name, owner, misused, scopes: [kind], status: 'active' };
    });
    return { results };
  }

  /** Issues of one repository a run: list by label, create, comment, close. */
  #tickets({ method, path, query, body }: Request): Answer | undefined {
    const [, , , name = '', , number, part] = path.split('/');
    const world = this.world(name);
    if (!world) return undefined;
    const shown = (issue: RunWorld['issues'][number]): object => ({
      ...issue,
      html_url: `https://tickets.example.org/${name}/${issue.number}`,
    });
    if (method === 'GET' && number === undefined) {
      const label = query.get('labels') ?? '';
      return { act: () => world.issues.filter(({ labels }) => labels.includes(label)).map(shown) };
    }
    if (method === 'GET') return { act: () => [] };
    if (part === 'comments') return { act: () => ({ id: 1 }) };
    if (method === 'PATCH') return { act: () => this.#close(world, Number(number)) };
    const draft = { title: String(body['title']), body: String(body['body']), labels: strings(body['labels']) };
    return { world, act: () => shown(world.openIssue(draft)) };
  }

  #close(world: RunWorld, number: number): object {
    const issue = world.issues.find((one) => one.number === number);
    if (issue) issue.state = 'closed';
    return { ...issue };
  }
}

async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as Body);
}

async function serve(services: Services, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://world.invalid');
  const { method = 'GET' } = request;
  const asked = {
    method,
    path: url.pathname,
    query: url.searchParams,
    body: await readBody(request),
    key: String(request.headers['idempotency-key'] ?? ''),
  };
  const answer = services.answer(asked);
  const fault = answer?.world?.nextFault();
  if (fault && !isAfterEffect(fault)) {
    spoil(response, fault);
    return;
  }
  const body = answer?.act();
  if (fault) {
    spoil(response, fault);
    return;
  }
  response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
}

/** Starts the world of some runs. */
export async function startChaosWorld(runs: readonly ChaosRun[]): Promise<ChaosWorld> {
  const services = new Services(runs);
  const worldOf = (recipient: string): RunWorld | undefined =>
    services.world(/@([^@]+)\.people\.example\.org$/.exec(recipient)?.[1] ?? '');
  const mail = await startMailServer({
    faultOf: (recipient) => worldOf(recipient)?.mailFault(recipient),
    spent: (recipient) => worldOf(recipient)?.spent(recipient),
    replyMs: (recipient) => worldOf(recipient)?.run.mailReplyMs,
    took: (entry) => worldOf(entry.recipients[0] ?? '')?.took(entry),
  });
  const server = createServer((request, response) => {
    serve(services, request, response).catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    http: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    smtpPort: mail.port,
    of: ({ name }) => services.world(name)!,
    close: async () => {
      server.closeAllConnections();
      await Promise.all([mail.close(), new Promise((resolve) => server.close(resolve))]);
    },
  };
}
