import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Json, JsonObject } from '../../../contracts/json.ts';
import { endpoints } from '../../../gateway/http/endpoints/all.ts';
import type { Endpoint } from '../../../gateway/http/endpoint.ts';
import { templateOf } from '../../../gateway/http/openapi.ts';
import { ApiDocument } from '../../support/api-document.ts';
import { ask, type Answered } from '../../unit/gateway/stand.ts';
import { DoorStand } from './door-stand.ts';

/** Reads of endpoints that are no pages of data, or never end. */
const ELSEWHERE = ['followEvents', 'showDocumentation', 'showAudit', 'readDocumentation'];

/** A client that may look and nothing else. */
function lookingClient(client: Client): Client {
  const only = <Of extends object>(of: Of, mayCall: readonly string[], more: object = {}): Of =>
    new Proxy(of, {
      get(target, name) {
        if (Object.hasOwn(more, name)) return (more as Record<string | symbol, unknown>)[name];
        if (!mayCall.includes(String(name))) throw new Error(`a GET reached for ${String(name)}`);
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  const getHandle = (id: string) => only(client.workflow.getHandle(id), ['query']);
  return only(client, ['withDeadline', 'workflowService'], { workflow: only(client.workflow, [], { getHandle }) });
}

describe('answers of a real gateway', function () {
  this.timeout(180_000);
  let door: DoorStand;
  let api: ApiDocument;
  let incident: string;
  let ids: Readonly<Record<string, string>>;

  const urlOf = ({ path, id }: Endpoint): string => {
    const url = path.replaceAll(/:([a-z]+)/g, (_all, name: string) => encodeURIComponent(ids[name] ?? name));
    return id === 'readReceipts' ? `${url}?action=credentials.revoke&subject=nobody` : url;
  };
  const read = (endpoint: Endpoint, deps = door.deps): Promise<Answered> =>
    ask(deps, { method: 'GET', url: urlOf(endpoint), as: endpoint.operation === 'hold' ? 'omar' : 'ada' });
  /** Fits the schema that the document has for the answer. */
  const refuseMisfit = ({ path, method, id }: Endpoint, { status, text }: Answered): void => {
    const answer = api.at('paths', templateOf(path), method.toLowerCase(), 'responses', String(status)) as JsonObject;
    assert.ok(answer, `${id} answered ${status}: ${text}`);
    const content =
      typeof answer['$ref'] === 'string' ? api.at(...answer['$ref'].slice(2).split('/'), 'content') : answer['content'];
    const [media] = Object.values((content ?? {}) as JsonObject) as { readonly schema?: Json }[];
    if (media?.schema === undefined) return;
    assert.deepEqual(api.faults(media.schema, JSON.parse(text)), [], `${id}: ${text.slice(0, 400)}`);
  };
  const reads = endpoints.filter(({ method, id }) => method === 'GET' && !ELSEWHERE.includes(id));
  const post = async (id: string, said: object, key: string, as: string): Promise<Answered> => {
    const endpoint = endpoints.find((one) => one.id === id)!;
    const headers = { 'idempotency-key': key };
    const answer = await ask(door.deps, { method: 'POST', url: urlOf(endpoint), as, body: said, headers });
    refuseMisfit(endpoint, answer);
    return answer;
  };

  before(async () => {
    door = await DoorStand.open();
    const { text } = await ask(door.deps, { method: 'GET', url: '/v1/openapi.json' });
    api = new ApiDocument(JSON.parse(text) as JsonObject);
    const started = await door.started();
    ({ incident } = started);
    await door.openGate(incident);
    const { ledger } = door.test;
    const meta = await ledger.documents.put(started.incident, {
      ...{ name: 'note', mediaType: 'text/plain', body: Buffer.from('a note'), by: 'dana' },
      handling: { tlp: 'amber', privilege: 'none', audience: 'team' },
    });
    await ledger.duties.putTicket(started.incident, {
      step: 's',
      connector: 'hub',
      id: '1',
      url: 'https://hub.example/1',
    });
    await door.test.raw.query("insert into alerts (detector, event, kind, outcome) values ('d', 'e', 'k', 'unmapped')");
    ids = { id: incident, step: 'contain', document: meta.id, name: 'leaked-token' };
  });

  after(() => door.close());

  it('fit the document: what is said, and what is refused for a key that was used for something else', async () => {
    const twice = async (id: string, as: string, said: object, other: object): Promise<Answered> => {
      const first = await post(id, said, `key-${id}`, as);
      assert.ok(first.status < 300, `${id}: ${first.text}`);
      const again = await post(id, said, `key-${id}`, as);
      assert.ok(again.status < 300, `${id} again: ${again.text}`);
      const refused = await post(id, { ...said, ...other }, `key-${id}`, as);
      assert.deepEqual([refused.status, refused.json.code], [409, 'INCIDENT_KEY_REUSED'], id);
      return first;
    };
    const credentials = [{ value: ['hf', randomBytes(17).toString('hex')].join('_') }];
    await twice('startIncident', 'dana', { playbook: 'leaked-token', credentials }, { mode: 'drill' });
    await twice('addFact', 'casey', { key: 'measuresTaken', value: 'revoked' }, { value: 'rotated' });
    const done = { text: 'revoked in the console', at: new Date().toISOString() };
    await twice('recordByHand', 'casey', done, { text: 'revoked by mail' });
    await twice('exportBundle', 'casey', { audience: 'auditor' }, { audience: 'authority' });
    const placed = await twice('placeHold', 'omar', { audience: 'everyone', basis: 'order' }, { basis: 'another' });
    ids = { ...ids, hold: (JSON.parse(placed.text) as { hold: { id: string } }).hold.id };
    await twice('liftHold', 'omar', { reason: 'withdrawn' }, { reason: 'another' });
    await twice('stop', 'casey', { reason: 'a look first' }, { reason: 'another' });
    await twice('resume', 'casey', { reason: 'go on' }, { reason: 'another' });
    assert.equal((await post('reconcile', {}, 'key-reconcile', 'casey')).status, 200);
    const misused = await post('reconcile', {}, 'key-exportBundle', 'casey');
    assert.deepEqual([misused.status, misused.json.code], [409, 'INCIDENT_KEY_REUSED']);
  });

  for (const endpoint of reads)
    it(`fit the document: ${endpoint.id}`, async () => {
      const answer = await read(endpoint);
      assert.equal(answer.status, 200, answer.text);
      refuseMisfit(endpoint, answer);
    });

  it('fit the document: refusals', async () => {
    for (const endpoint of reads.filter(({ operation }) => operation !== 'open')) {
      for (const [as, url] of [
        [undefined, urlOf(endpoint)],
        ['ada', `${urlOf(endpoint).split('?')[0]!}?strange=1`],
        ['ada', urlOf(endpoint).replace(incident, 'INC-2026-99999')],
      ] as const) {
        const answer = await ask(door.deps, { method: 'GET', url, ...(as === undefined ? {} : { as }) });
        refuseMisfit(endpoint, answer);
      }
    }
  });

  it('walk pages to their end by `next` and by `Link`', async () => {
    for (let number = 0; number < 3; number += 1) await door.started('dana');
    const seen: string[] = [];
    let url: string | undefined = '/v1/incidents?limit=2';
    while (url !== undefined) {
      const { text, headers, status } = await ask(door.deps, { method: 'GET', url, as: 'olive' });
      assert.equal(status, 200, text);
      const { incidents, next } = JSON.parse(text) as { incidents: { incident: string }[]; next?: string };
      seen.push(...incidents.map(({ incident: id }) => id));
      const link = /^<([^>]+)>; rel="next"$/.exec((headers['link'] as string | undefined) ?? '')?.[1];
      assert.equal(link === undefined, next === undefined);
      assert.ok(link === undefined || link.includes(`after=${next!}`), link);
      url = link;
    }
    assert.equal(new Set(seen).size, seen.length);
    const { rows } = await door.test.raw.query('select 1 from incidents');
    assert.equal(seen.length, rows.length);
  });

  it('refuse a cursor that is none, or of another list', async () => {
    await door.test.raw.query("insert into alerts (detector, event, kind, outcome) values ('d', 'f', 'k', 'unmapped')");
    const alerts = await ask(door.deps, { method: 'GET', url: '/v1/alerts?limit=1', as: 'olive' });
    const { next } = JSON.parse(alerts.text) as { next: string };
    assert.equal((await ask(door.deps, { method: 'GET', url: `/v1/alerts?after=${next}`, as: 'olive' })).status, 200);
    const forged = Buffer.from(JSON.stringify(['alerts', '', "1' or 1"])).toString('base64url');
    const urls = [
      ...['x', forged, 'AAAA', '%00'].map((after) => `/v1/alerts?after=${after}`),
      `/v1/alerts?outcome=held&after=${next}`,
      `/v1/incidents/${incident}/documents?after=${next}`,
      `/v1/incidents/${incident}/duties?after=${next}`,
      `/v1/incidents/${incident}/steps/contain/targets?after=${next}`,
      ...[
        ['documents', incident, '2026-99-04T10:00:00.000000Z', '00000000-0000-0000-0000-000000000000'],
        ['documents', incident, '2026-02-30T10:00:00.000000Z', '00000000-0000-0000-0000-000000000000'],
      ].map((parts) => {
        const after = Buffer.from(JSON.stringify(parts)).toString('base64url');
        return `/v1/incidents/${incident}/documents?after=${after}`;
      }),
      '/v1/incidents?after=yesterday',
    ];
    for (const url of urls) {
      const { status, json } = await ask(door.deps, { method: 'GET', url, as: 'olive' });
      assert.deepEqual([status, json.code], [422, 'GATEWAY_CURSOR_INVALID'], url);
    }
  });

  it('to a GET change nothing: neither the ledger nor a run', async () => {
    const snapshot = async (): Promise<Readonly<Record<string, string>>> => {
      const { rows } = await door.test.raw.query<{ name: string }>(
        "select tablename as name from pg_tables where schemaname = 'public' order by 1",
      );
      const hashes: Record<string, string> = {};
      for (const { name } of rows) {
        const text = `select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as hash from ${name} t`;
        hashes[name] = (await door.test.raw.query<{ hash: string }>(text)).rows[0]!.hash;
      }
      return hashes;
    };
    const deps = { ...door.deps, client: lookingClient(door.deps.client) };
    const all = endpoints.filter(({ method, id }) => method === 'GET' && id !== 'followEvents');
    for (let attempt = 1; ; attempt += 1) {
      const before = await snapshot();
      for (const endpoint of all) {
        const answer = await read(endpoint, deps);
        assert.equal(answer.status, 200, `${endpoint.id}: ${answer.text}`);
      }
      const after = await snapshot();
      const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
      if (changed.length === 0) break;
      if (attempt === 5)
        assert.deepEqual(changed, [], 'runs that were started above may still move: a GET does not, each time');
    }
  });
});
