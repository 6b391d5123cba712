import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { CodedError } from '../../../contracts/errors.ts';
import type { IncidentView, ProblemDocument, Started } from '../../../contracts/api.ts';
import { testDoor } from '../../support/decision-proofs.ts';
import { createServer } from '../../../gateway/http/server.ts';
import type { HoldView } from '../../../contracts/returns.ts';
import type { DoorKey, DoorPerson, GatewayDeps } from '../../../gateway/deps.ts';
import type { IncidentId } from '../../../contracts/ids.ts';
import type { IncidentRow, Ledger } from '../../../ledger/ports.ts';

/** An API key for tests, made from a name; not literal anywhere. */
export function apiKey(name: string): string {
  return ['fbk', name.padEnd(24, '0')].join('_');
}

/** The entry of a key in the file of people. */
export function doorKey(name: string, more: Partial<DoorKey> = {}): DoorKey {
  return { name, sha256: createHash('sha256').update(apiKey(name)).digest('hex'), ...more };
}

/** The incident that the stand's ledger holds. */
export const INCIDENT = 'INC-2026-0007' as IncidentId;

const row: IncidentRow = {
  incident: INCIDENT,
  mode: 'live',
  state: 'declared',
  playbook: 'leaked-token',
  planHash: 'a'.repeat(64) as IncidentRow['planHash'],
  requester: 'dana',
  inputs: {},
  roles: { commander: ['casey'], privacy: ['priya'] },
  openedAt: '2026-05-04T10:00:00.000Z',
  closedAt: undefined,
  engineVersion: 4,
  held: false,
};

const FAILED = { action: 'credentials.revoke', subject: 's1', state: 'failed', generation: 1, code: undefined };

const hold: HoldView = {
  id: '00000000-0000-4000-8000-000000000000',
  audience: 'everyone',
  by: 'omar',
  basis: 'order of a court',
  at: '2026-05-04T10:00:00.000Z',
  active: true,
};

/** A ledger that holds one incident, one failed target, and nothing else. */
function quietLedger(): Ledger {
  const none = (): Promise<readonly never[]> => Promise.resolve([]);
  return {
    incidents: {
      read: (incident: IncidentId) => Promise.resolve(incident === INCIDENT ? row : undefined),
      list: () => Promise.resolve([row]),
      fingerprint: (value: string) => createHash('sha256').update(value).digest('hex').slice(0, 32),
    },
    documents: {
      list: none,
      get: () => Promise.resolve(undefined),
      getPlan: () => Promise.resolve(undefined),
    },
    journal: { read: none, heads: none, head: () => Promise.resolve(undefined) },
    effects: {
      counts: () => Promise.resolve({}),
      receipts: none,
      unsettled: () => Promise.resolve({ total: 1, targets: [FAILED] }),
    },
    rollouts: { list: none },
    duties: { filings: none, followUps: none, tickets: none, obligations: none, open: none },
    holds: { list: none, add: () => Promise.resolve(hold), lift: () => Promise.resolve(hold) },
    pages: {
      documents: none,
      duties: none,
      receipts: none,
      alerts: none,
      targets: () => Promise.resolve([{ row: FAILED, position: ['00'] }]),
    },
    door: {
      refuse: () => Promise.resolve(),
      refusals: none,
      takeKey: () => Promise.resolve(),
      forget: () => Promise.resolve(),
    },
    alerts: {
      refusals: none,
      refuse: () => Promise.resolve(),
      release: () => Promise.reject(new CodedError('INCIDENT_NOT_HELD', 'nothing waits')),
    },
    ping: () => Promise.resolve(),
  } as unknown as Ledger;
}

/** An Update as the stand's client saw it. */
export interface SentUpdate {
  readonly name: string;
  readonly updateId: string;
  readonly message: Readonly<Record<string, unknown>> & { readonly id: string };
}

/** A client that takes every Update as a Temporal server does: a known update id gets its first answer. */
export function takingClient(sent: SentUpdate[] = []): Client {
  const answers = new Map<string, object>();
  const handle = {
    query: () => Promise.resolve({ incident: INCIDENT, state: 'declared', steps: [], gates: [], asks: [] }),
    executeUpdate: (
      name: string,
      { args, updateId }: { readonly args: readonly SentUpdate['message'][]; readonly updateId: string },
    ) => {
      const [message] = args;
      sent.push({ name, updateId, message: message! });
      const answer = answers.get(updateId) ?? { id: message!.id, at: '2026-05-04T10:00:01.000Z', effect: 'taken' };
      answers.set(updateId, answer);
      return Promise.resolve(answer);
    },
  };
  return {
    withDeadline: <Answer>(_deadline: number, work: () => Promise<Answer>) => work(),
    workflow: { getHandle: () => handle },
    workflowService: { getSystemInfo: () => Promise.resolve({}) },
  } as unknown as Client;
}

/** People, one a role. */
export const PEOPLE: readonly DoorPerson[] = [
  { id: 'olive', roles: ['observer'] },
  { id: 'dana', roles: ['responder'] },
  { id: 'casey', roles: ['commander'] },
  { id: 'priya', roles: ['privacy'] },
  { id: 'omar', roles: ['counsel'] },
  { id: 'sam', roles: ['comms'] },
  { id: 'lee', roles: ['platform'] },
  { id: 'ada', roles: ['admin'] },
  { id: 'wren', roles: ['works-council'] },
];

/** What the doors are built from, in memory. */
export function standDeps(more: Partial<GatewayDeps> = {}): GatewayDeps {
  return {
    ledger: quietLedger(),
    client: takingClient(),
    library: { playbooks: new Map(), texts: [], diagnostics: [] },
    people: PEOPLE,
    decisions: testDoor,
    keys: [
      ...PEOPLE.map(({ id }) => doorKey(id, { person: id })),
      doorKey('detector', { roles: ['responder'], playbooks: ['leaked-token'], modes: ['live'] }),
      doorKey('robot-admin', { roles: ['admin'] }),
    ],
    oncall: {},
    traits: () => undefined,
    anchorStart: () => Promise.resolve(true),
    exportBundle: () => Promise.resolve({ path: '/dev/null', records: 3, head: 'b'.repeat(64) }),
    decode: (body) => Promise.resolve(body),
    takeBounce: () => Promise.resolve({ incident: INCIDENT, action: 'failed', status: '5.1.1' }),
    goneOut: (_incident, placed) => Promise.resolve({ hold: placed, counts: {}, goneOut: [] }),
    reconcile: () => Promise.resolve({ settled: [], open: 0 }),
    log: () => undefined,
    today: () => '2026-05-04',
    ...more,
  };
}

/** How a request is asked. */
export interface Asked {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body?: unknown;
  /** Name of the key; absent: none. */
  readonly as?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What was answered; `json` holds the members of whatever it is. */
export interface Answered {
  readonly status: number;
  readonly json: Partial<ProblemDocument & Started & IncidentView & { readonly ok: boolean }>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

let requests = 0;

/** Asks the API in memory. */
export async function ask(deps: GatewayDeps, { method, url, body, as, headers = {} }: Asked): Promise<Answered> {
  requests += 1;
  const answer = await createServer(deps).inject({
    method,
    url,
    headers: {
      ...(as === undefined ? {} : { authorization: `Bearer ${apiKey(as)}` }),
      ...(method === 'POST' ? { 'idempotency-key': `test-${requests}`, 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const isJson = String(answer.headers['content-type']).includes('json');
  return {
    status: answer.statusCode,
    json: isJson ? answer.json<Answered['json']>() : {},
    headers: answer.headers,
    text: answer.body,
  };
}
