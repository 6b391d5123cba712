import assert from 'node:assert/strict';
import type { FastifyInstance } from 'fastify';
import { createServer } from '../../../../gateway/http/server.ts';
import { standDeps } from '../stand.ts';
import { REST, senders } from './senders.ts';

describe('OPTIONS /v1/detectors/:name', () => {
  let app: FastifyInstance;
  const ask = (name: string, headers: Readonly<Record<string, string>>) =>
    app.inject({ method: 'OPTIONS', url: `/v1/detectors/${name}`, headers });

  before(() => {
    const { config } = senders.bearer;
    app = createServer(
      standDeps({
        detectors: [
          { ...REST, ...config, name: 'events', format: 'cloudevents' },
          { ...REST, ...config, name: 'plain' },
        ],
      }),
    );
  });
  after(() => app.close());

  it('allows the origin that asks a detector of CloudEvents, and says how much it takes', async () => {
    const { statusCode, headers, body } = await ask('events', {
      'webhook-request-origin': 'eventgrid.example',
      'webhook-request-rate': '120',
    });
    assert.deepEqual([statusCode, body], [200, '']);
    assert.equal(headers['webhook-allowed-origin'], 'eventgrid.example');
    assert.equal(headers['webhook-allowed-rate'], '120000');
    assert.match(String(headers['allow']), /POST/);
    const { headers: without } = await ask('events', { 'webhook-request-origin': 'eventgrid.example' });
    assert.equal(without['webhook-allowed-rate'], undefined);
  });

  it('allows nothing without an origin, for what is none, and at another detector', async () => {
    for (const [name, headers] of [
      ['events', {}],
      ['events', { 'webhook-request-origin': '*' }],
      ['events', { 'webhook-request-origin': 'a b' }],
      ['events', { 'webhook-request-origin': `${'a'.repeat(300)}.example` }],
      ['plain', { 'webhook-request-origin': 'eventgrid.example' }],
    ] as const) {
      const answer = await ask(name, headers);
      assert.deepEqual([answer.statusCode, answer.headers['webhook-allowed-origin']], [200, undefined]);
    }
  });

  it('calls nobody back, and is asked a few times a second only', async () => {
    let calls = 0;
    const deps = standDeps({
      detectors: [{ ...REST, ...senders.bearer.config, name: 'events', format: 'cloudevents' }],
      get: async () => {
        calls += 1;
        return '';
      },
    });
    const other = createServer(deps);
    const headers = {
      'webhook-request-origin': 'eventgrid.example',
      'webhook-request-callback': 'https://eventgrid.example/callback',
    };
    const statuses: number[] = [];
    for (let n = 0; n < 30; n += 1)
      statuses.push((await other.inject({ method: 'OPTIONS', url: '/v1/detectors/events', headers })).statusCode);
    await other.close();
    assert.equal(calls, 0);
    assert.ok(statuses.includes(429), statuses.join());
    assert.equal(statuses.indexOf(429), 20);
  });

  it('does not know a detector that is none', async () => {
    const { statusCode } = await ask('nobody', { 'webhook-request-origin': 'eventgrid.example' });
    assert.equal(statusCode, 404);
  });
});
