import assert from 'node:assert/strict';
import { connect, type AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { DoorRefusal } from '../../../../ledger/door-port.ts';
import { endpoints } from '../../../../gateway/http/endpoints/all.ts';
import { createServer } from '../../../../gateway/http/server.ts';
import { INCIDENT, apiKey, ask, standDeps } from '../stand.ts';

const PROBLEM = ['code', 'detail', 'remedy', 'requestId', 'status', 'title', 'type'];
const bearer = (name: string): { readonly authorization: string } => ({ authorization: `Bearer ${apiKey(name)}` });

/** What comes back over a bare socket. */
async function sent(app: FastifyInstance, bytes: string): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  await app.close();
  return Buffer.concat(chunks).toString('utf8');
}

describe('createServer, asked for what no route takes', () => {
  const known = endpoints.filter(({ path }) => !path.includes(':'));

  for (const { path } of known)
    it(`names the methods of ${path}`, async () => {
      const app = createServer(standDeps());
      const answer = await app.inject({ method: 'DELETE', url: `${path}?x=1` });
      assert.equal(answer.statusCode, 405);
      assert.equal(answer.json<{ code: string }>().code, 'GATEWAY_METHOD_NOT_ALLOWED');
      assert.deepEqual(Object.keys(answer.json<object>()).sort(), PROBLEM);
      const own = endpoints.filter((endpoint) => endpoint.path === path).map(({ method }) => method);
      const allowed = String(answer.headers.allow).split(', ');
      for (const method of own) assert.ok(allowed.includes(method), allowed.join());
      assert.equal(allowed.includes('HEAD'), own.includes('GET'));
    });

  it('answers OPTIONS with the methods alone', async () => {
    const answer = await createServer(standDeps()).inject({
      method: 'OPTIONS',
      url: `/v1/incidents/${INCIDENT}/events`,
    });
    assert.equal(answer.statusCode, 204);
    assert.equal(answer.headers.allow, 'GET, OPTIONS');
    assert.equal(answer.body, '');
  });

  it('answers HEAD like GET without a body, and asks for a key like it', async () => {
    const app = createServer(standDeps());
    const refused = await app.inject({ method: 'HEAD', url: '/v1/playbooks' });
    assert.equal(refused.statusCode, 401);
    const answer = await app.inject({ method: 'HEAD', url: '/v1/playbooks', headers: bearer('olive') });
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.body, '');
    const stream = await app.inject({
      method: 'HEAD',
      url: `/v1/incidents/${INCIDENT}/events`,
      headers: bearer('olive'),
    });
    assert.equal(stream.statusCode, 405);
  });

  it('answers problem documents for a path that is not there', async () => {
    for (const method of ['GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS'] as const) {
      const answer = await createServer(standDeps()).inject({ method, url: '/v2/nothing' });
      assert.equal(answer.statusCode, 404);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      assert.equal(answer.json<{ code: string }>().code, 'GATEWAY_NOT_FOUND');
    }
  });
});

describe('createServer, sent what is no request', () => {
  const cases: readonly (readonly [string, string, number, string])[] = [
    [
      'headers without end',
      `GET / HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'GATEWAY_HEADERS_TOO_LARGE',
    ],
    ['noise', 'noise\r\n\r\n', 400, 'GATEWAY_REQUEST_MALFORMED'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      400,
      'GATEWAY_REQUEST_MALFORMED',
    ],
  ];
  for (const [what, bytes, status, code] of cases)
    it(`answers a problem document to ${what}`, async () => {
      const lines: { code?: string; requestId?: string }[] = [];
      const text = await sent(createServer(standDeps({ log: (line) => lines.push(line) })), bytes);
      const [head, body] = text.split('\r\n\r\n', 2);
      assert.ok(head!.startsWith(`HTTP/1.1 ${status} `), head);
      assert.match(head!, /content-type: application\/problem\+json/);
      const problem = JSON.parse(body!) as { code: string; requestId: string };
      assert.equal(problem.code, code);
      assert.deepEqual(lines, [{ requestId: problem.requestId, code }]);
    });
});

describe('createServer, asked for another media type', () => {
  const accepts: readonly (readonly [string, string, number])[] = [
    ['/v1/playbooks', '*/*', 200],
    ['/v1/playbooks', 'application/*;q=0.2', 200],
    ['/v1/playbooks', 'text/html, application/json;q=0.1', 200],
    ['/v1/playbooks', 'text/html', 406],
    ['/v1/playbooks', '*/*, application/json;q=0', 406],
    ['/v1/audit/page', 'text/html', 200],
    ['/v1/audit/page', 'application/json', 406],
  ];
  for (const [url, accept, status] of accepts)
    it(`answers ${status} to ${accept} for ${url}`, async () => {
      const answer = await ask(standDeps(), { method: 'GET', url, as: 'ada', headers: { accept } });
      assert.equal(answer.status, status, answer.text);
      if (status === 406) assert.equal(answer.json.code, 'GATEWAY_NOT_ACCEPTABLE');
    });

  for (const [type, isTaken] of [
    ['application/json', true],
    ['application/json; charset=utf-8', true],
    ['application/json; charset=UTF-8', true],
    ['application/json; charset=utf-16', false],
    ['application/vnd.api+json', false],
    ['application/jsonp', false],
    ['multipart/form-data; boundary=x', false],
  ] as const)
    it(`${isTaken ? 'takes' : 'refuses'} a body of ${type}`, async () => {
      const answer = await ask(standDeps(), {
        ...{ method: 'POST', url: `/v1/incidents/${INCIDENT}/stop`, as: 'casey', body: { reason: 'wrong store' } },
        headers: { 'content-type': type },
      });
      assert.equal(answer.json.code, isTaken ? undefined : 'GATEWAY_MEDIA_TYPE', answer.text);
    });
});

describe('createServer, given an id of the request', () => {
  const idOf = async (given?: string): Promise<string> => {
    const headers = given === undefined ? {} : { 'x-request-id': given };
    const answer = await ask(standDeps(), { method: 'GET', url: '/v1/nothing', headers });
    assert.equal(answer.json.requestId, answer.headers['x-request-id']);
    return String(answer.headers['x-request-id']);
  };

  it('takes one that is plain', async () => assert.equal(await idOf('trace-0123456789'), 'trace-0123456789'));

  for (const [what, given] of [
    ['too short', 'abc'],
    ['too long', 'a'.repeat(65)],
    ['more than a word', 'one two three'],
    ['shaped like a credential', ['hf', 'q'.repeat(34)].join('_')],
  ] as const)
    it(`makes its own for one that is ${what}`, async () => assert.match(await idOf(given), /^[0-9a-f-]{36}$/));

  it('says it in every line of the log', async () => {
    const lines: { requestId?: string }[] = [];
    const away = Object.assign(new Error('away'), { code: 14, details: '', metadata: {} }); // as gRPC says it
    const { client } = standDeps();
    client.withDeadline = () => Promise.reject(away);
    const deps = standDeps({ client, log: (line) => lines.push(line) });
    const headers = { 'x-request-id': 'trace-0123456789' };
    await ask(deps, { method: 'GET', url: `/v1/incidents/${INCIDENT}`, as: 'olive', headers });
    await ask(deps, { method: 'POST', url: `/v1/incidents/${INCIDENT}/stop`, as: 'olive', body: {}, headers });
    assert.ok(lines.length >= 2, JSON.stringify(lines));
    for (const { requestId } of lines) assert.equal(requestId, 'trace-0123456789', JSON.stringify(lines));
  });
});

describe('createServer, closed while somebody follows', () => {
  it('breaks the stream off without a last event, so that the reader resumes elsewhere', async () => {
    const app = createServer(standDeps());
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const answer = await fetch(`${url}/v1/incidents/${INCIDENT}/events`, { headers: bearer('olive') });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    const text = answer.text();
    await app.close();
    assert.equal(await text, 'retry: 2000\n\n');
  });
});

describe('createServer, told how often a key may ask', () => {
  it('says what is left, and what the bucket holds', async () => {
    const app = createServer(standDeps({ rate: { perSecond: 1, burst: 3 } }));
    const as = (name?: string) =>
      app.inject({ method: 'GET', url: '/v1/playbooks', headers: name === undefined ? {} : bearer(name) });
    const first = await as('olive');
    assert.equal(first.headers.ratelimit, '"key";r=2;t=1');
    assert.equal(first.headers['ratelimit-policy'], '"key";q=3;w=3');
    await as('olive');
    await as('olive');
    const refused = await as('olive');
    assert.equal(refused.statusCode, 429);
    assert.match(String(refused.headers.ratelimit), /^"key";r=0;t=[23]$/);
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal((await app.inject({ method: 'GET', url: '/healthz' })).headers.ratelimit, undefined);
  });
});

describe('createServer, sent a change without a key of its own', () => {
  for (const { id, path, operation } of endpoints.filter(({ keyed }) => keyed))
    it(`refuses ${id}`, async () => {
      const url = path.replace(':id', INCIDENT).replace(':step', 'contain').replace(':hold', '0-0');
      const as = operation === 'hold' ? 'omar' : 'ada';
      const refused = await ask(standDeps(), { method: 'POST', url, as, body: {}, headers: { 'idempotency-key': '' } });
      assert.deepEqual([refused.status, refused.json.code], [400, 'GATEWAY_KEY_MISSING']);
    });

  it('knows for every POST whether it needs one', () => {
    const without = endpoints.filter(({ method, keyed }) => method === 'POST' && !keyed).map(({ id }) => id);
    assert.deepEqual(without.sort(), ['decode', 'deliver', 'takeBounce']);
  });
});

describe('createServer, refusing somebody', () => {
  const noted = async (asked: Parameters<typeof ask>[1]): Promise<readonly DoorRefusal[]> => {
    const rows: DoorRefusal[] = [];
    const { ledger } = standDeps();
    const door = { ...ledger.door, refuse: (more: readonly DoorRefusal[]) => Promise.resolve(void rows.push(...more)) };
    await ask(standDeps({ ledger: { ...ledger, door } }), asked);
    return rows;
  };

  const cases: readonly (readonly [string, Parameters<typeof ask>[1], Partial<DoorRefusal>])[] = [
    [
      'a stranger',
      { method: 'GET', url: '/v1/playbooks' },
      { who: 'address:127.0.0.1', route: 'GET /v1/playbooks', code: 'GATEWAY_UNAUTHENTICATED', times: 1 },
    ],
    [
      'who may not',
      { method: 'POST', url: `/v1/incidents/${INCIDENT}/stop`, as: 'olive', body: { reason: 'a secret reason' } },
      { who: 'olive', route: 'POST /v1/incidents/:id/stop', code: 'GATEWAY_FORBIDDEN', incident: INCIDENT },
    ],
    [
      'a machine',
      { method: 'POST', url: `/v1/incidents/${INCIDENT}/decisions`, as: 'robot-admin', body: {} },
      { who: 'key:robot-admin', code: 'GATEWAY_FORBIDDEN', incident: INCIDENT },
    ],
    [
      'what conflicts',
      { method: 'POST', url: `/v1/incidents/${INCIDENT}/release`, as: 'ada', body: { reason: 'x' } },
      { who: 'ada', route: 'POST /v1/incidents/:id/release', code: 'INCIDENT_NOT_HELD', incident: INCIDENT },
    ],
    [
      'a delivery of a detector that is not there',
      { method: 'POST', url: '/v1/detectors/nobody', body: {} },
      { who: 'address:127.0.0.1', route: 'POST /v1/detectors/:name', code: 'DETECTOR_UNKNOWN' },
    ],
  ];
  for (const [what, asked, expected] of cases)
    it(`puts ${what} on record, and nothing of what was said`, async () => {
      const rows = await noted(asked);
      assert.equal(rows.length, 1);
      for (const [name, value] of Object.entries(expected)) assert.equal(rows[0]![name as keyof DoorRefusal], value);
      assert.ok(!JSON.stringify(rows).includes('secret reason'));
    });

  it('leaves alone what was only misspelt', async () => {
    assert.deepEqual(await noted({ method: 'GET', url: '/v1/nothing', as: 'olive' }), []);
    assert.deepEqual(await noted({ method: 'GET', url: '/v1/incidents?limit=x', as: 'olive' }), []);
  });

  it('answers also while the ledger keeps nothing', async () => {
    const { ledger } = standDeps();
    const door = { ...ledger.door, refuse: () => Promise.reject(new Error('away')) };
    const answer = await ask(standDeps({ ledger: { ...ledger, door } }), { method: 'GET', url: '/v1/playbooks' });
    assert.equal(answer.status, 401);
  });
});

describe('GET /v1/audit/page', () => {
  const basic = (name: string) => `Basic ${Buffer.from(`anyone:${apiKey(name)}`).toString('base64')}`;

  it('takes the key as the password that a browser asks for, on pages only', async () => {
    const page = { method: 'GET', url: '/v1/audit/page' } as const;
    const asked = await ask(standDeps(), page);
    assert.equal(asked.status, 401);
    assert.match(String(asked.headers['www-authenticate']), /^Basic /);
    assert.equal((await ask(standDeps(), { ...page, headers: { authorization: basic('ada') } })).status, 200);
    assert.equal((await ask(standDeps(), { ...page, headers: { authorization: basic('casey') } })).status, 403);
    const data = await ask(standDeps(), { method: 'GET', url: '/v1/audit', headers: { authorization: basic('ada') } });
    assert.equal(data.status, 401);
    assert.equal(data.headers['www-authenticate'], 'Bearer');
  });

  it('shows what was refused as text, whatever it holds', async () => {
    const { ledger } = standDeps();
    const row = {
      ...{ id: 3, minute: '2026-05-04T10:00:00.000Z', who: 'address:<b>', route: 'GET /v1/playbooks', times: 7 },
      ...{
        code: 'GATEWAY_UNAUTHENTICATED',
        request: 'r"1',
        firstAt: '2026-05-04T10:00:01.000Z',
        lastAt: '2026-05-04T10:00:09.000Z',
      },
    };
    const door = { ...ledger.door, refusals: () => Promise.resolve([row, { ...row, id: 2 }]) };
    const { text } = await ask(standDeps({ ledger: { ...ledger, door } }), {
      method: 'GET',
      url: '/v1/audit/page?limit=1',
      as: 'ada',
    });
    assert.ok(text.includes('address:&lt;b&gt;') && text.includes('r&quot;1'), text);
    assert.ok(!text.includes('<b>'));
    assert.match(text, /<a href="\/v1\/audit\/page\?limit=1&amp;after=[A-Za-z0-9_-]+">Older<\/a>/);
  });
});
