import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttp } from '../../../../activities/http/capability.ts';
import { requestUrl } from '../../../../activities/http/request-url.ts';
import { memoryHouse, type MemoryHouse } from '../../../support/memory-house.ts';
import { actionCall, later, openPermit, testIncident } from '../../../support/page-calls.ts';
import type { ActionCall } from '../../../../contracts/effects.ts';
import type { JsonObject } from '../../../../contracts/json.ts';
import type { RunningCapability } from '../../../../activities/port.ts';

describe('requestUrl', () => {
  const base = 'https://api.example.org/v1';

  it('appends the path to the configured address', () => {
    assert.equal(requestUrl(base, '/widgets?limit=5').href, 'https://api.example.org/v1/widgets?limit=5');
  });

  for (const path of [
    'widgets',
    '//evil.example.org/x',
    '/../admin',
    '/a/../../admin',
    '/%2e%2e/admin',
    '/a%2fb',
    '/a\\..\\b',
    '/a#b',
    '/a b',
    '/@evil.example.org/../..',
  ]) {
    it(`refuses ${JSON.stringify(path)}`, () => {
      assert.throws(() => requestUrl(base, path), { code: 'HTTP_PATH_REFUSED' });
    });
  }
});

describe('http.request', () => {
  let server: Server;
  let house: MemoryHouse;
  let http: RunningCapability;
  let answer: { status: number; body: string; headers?: Record<string, string> };
  let seen: { url: string; headers: IncomingHttpHeaders }[];

  before(async () => {
    server = createServer((request, response) => {
      request.resume();
      seen.push({ url: request.url ?? '', headers: request.headers });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => server.close());

  beforeEach(() => {
    seen = [];
    answer = { status: 200, body: '{"id":7}' };
    house = memoryHouse({ incident: testIncident });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    http = createHttp(
      { hosts: { inventory: { url, headers: { authorization: 'env:KEY', accept: 'application/json' } } } },
      house.environment,
      house.runtime,
    );
  });
  afterEach(() => http.close());

  const send = async (given: JsonObject = {}, changes: Partial<ActionCall> = {}) => {
    const call = actionCall('http.request', {
      with: { host: 'inventory', method: 'POST', path: '/widgets', body: { a: 1 }, ...given },
      ...changes,
    });
    await openPermit(house.ledger, call);
    return http.single['http.request']!(call);
  };

  it('sends headers of the configuration and a key that repeats share', async () => {
    answer.status = 500;
    await assert.rejects(send(), { code: 'CONNECTOR_SERVER_ERROR' });
    answer.status = 201;
    assert.deepEqual((await send()).outputs, { status: 201, body: { id: 7 } });
    assert.equal(seen[0]!.headers['authorization'], 'secret of env:KEY');
    assert.match(String(seen[0]!.headers['idempotency-key']), /^[0-9a-f]{32}$/);
    assert.equal(seen[0]!.headers['idempotency-key'], seen[1]!.headers['idempotency-key']);
  });

  it('sends nothing again once it was answered', async () => {
    await send();
    await send();
    assert.equal(seen.length, 1);
  });

  it('gives up on a key that the host no longer remembers', async () => {
    answer.status = 500;
    await assert.rejects(send(), { code: 'CONNECTOR_SERVER_ERROR' });
    later(house.ledger.effects, 24 * 3_600_000);
    await assert.rejects(send(), { code: 'EFFECT_ATTEMPT_LOST' });
    assert.equal(seen.length, 1);
  });

  it('does not follow a redirect', async () => {
    answer = { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } };
    await assert.rejects(send(), { code: 'HTTP_STATUS_UNEXPECTED' });
    assert.equal(seen.length, 1);
  });

  it('fails on a status that the step does not expect', async () => {
    await assert.rejects(send({ expect: 204 }), { code: 'HTTP_STATUS_UNEXPECTED' });
    answer.status = 404;
    await assert.rejects(send({}, { step: 'other' as never }), { code: 'HTTP_STATUS_UNEXPECTED' });
  });

  it('waits when the host asks to', async () => {
    answer = { status: 429, body: '', headers: { 'retry-after': '7' } };
    await assert.rejects(send(), { code: 'CONNECTOR_RATE_LIMITED', retryAfterMs: 7_000 });
  });

  it('leaves out an answer that is too long for outputs, and says so', async () => {
    answer.body = JSON.stringify({ text: 'x'.repeat(5_000) });
    const { outputs, openItems } = await send();
    assert.deepEqual(outputs, { status: 200 });
    assert.match(openItems![0]!, /longer than a step may keep/);
  });

  it('takes what looks like a credential out of the answer', async () => {
    const leaked = ['hf', 'x'.repeat(34)].join('_');
    answer.body = JSON.stringify({ token: leaked });
    assert.deepEqual((await send()).outputs, { status: 200, body: { token: '[credential removed]' } });
  });

  describe('when it takes back what the same step did', () => {
    const back = { with: { host: 'inventory', method: 'DELETE', path: '/widgets/7' }, isUndo: true } as const;

    it('is another request, with a key of its own', async () => {
      await send();
      answer = { status: 200, body: '{"gone":true}' };
      assert.deepEqual((await send({ ...back.with, body: null }, { isUndo: true })).outputs['body'], { gone: true });
      assert.deepEqual(
        seen.map(({ url }) => url),
        ['/v1/widgets', '/v1/widgets/7'],
      );
      assert.notEqual(seen[0]!.headers['idempotency-key'], seen[1]!.headers['idempotency-key']);
    });

    it('is sent once, and once more where a person asks again after it failed', async () => {
      await send();
      answer.status = 404;
      await assert.rejects(send(back.with, { isUndo: true }), { code: 'HTTP_STATUS_UNEXPECTED' });
      later(house.ledger.effects, 60_000);
      answer.status = 200;
      await send(back.with, { isUndo: true });
      await send(back.with, { isUndo: true });
      assert.equal(seen.length, 3);
    });
  });

  it('refuses a host that is not configured', async () => {
    await assert.rejects(send({ host: 'elsewhere' }), { code: 'HTTP_HOST_UNKNOWN' });
  });
});
