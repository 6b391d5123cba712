import assert from 'node:assert/strict';
import { HttpClient, refusalOf, type Exchange } from '../../activities/effects/http-exchange.ts';
import { startProvider, type Provider } from './provider.ts';
import type { ProviderFault } from './provider-faults.ts';

const TIMEOUT_MS = 1_500; // an honest answer takes milliseconds; a loaded machine takes its time

describe('startProvider', () => {
  let provider: Provider;
  let client: HttpClient;

  beforeEach(async () => {
    provider = await startProvider();
    client = new HttpClient(2);
  });
  afterEach(async () => {
    await provider.close();
    await client.close();
  });

  const revoke = (...ids: readonly string[]): Promise<Exchange> =>
    client.send({ method: 'POST', url: `${provider.url}/api/tokens/revoke`, body: { ids }, timeoutMs: TIMEOUT_MS });

  const put = (key: string): Promise<Exchange> =>
    client.send({
      ...{ method: 'PUT', url: `${provider.url}/things/one`, body: {}, timeoutMs: TIMEOUT_MS },
      headers: { 'idempotency-key': key },
    });

  it('writes down each act, and tells a repeat from a second one', async () => {
    await revoke('a', 'b');
    await revoke('a');
    assert.deepEqual(
      provider.effects.map(({ kind, subject, isRepeat }) => [kind, subject, isRepeat]),
      [
        ['revoke', 'a', false],
        ['revoke', 'b', false],
        ['revoke', 'a', true],
      ],
    );
    assert.deepEqual(
      [...provider.done('revoke')].map(([subject, list]) => [subject, list.length]),
      [
        ['a', 1],
        ['b', 1],
      ],
    );
  });

  it('does a keyed act once a key', async () => {
    await put('k1');
    await put('k1');
    assert.equal(provider.done('request').get('/things/one')?.length, 1);
    await put('k2');
    assert.equal(provider.done('request').get('/things/one')?.length, 2);
  });

  /** What the engine makes of each fault, and whether the effect has happened. */
  const rows: readonly (readonly [ProviderFault, string, boolean])[] = [
    [{ how: 'rate-limited', retryAfter: 7 }, 'planned CONNECTOR_RATE_LIMITED 7000', false],
    [{ how: 'rate-limited-silently' }, 'planned CONNECTOR_RATE_LIMITED 5000', false],
    [{ how: 'unauthorized' }, 'planned CONNECTOR_UNAUTHORIZED 5000', false],
    [{ how: 'server-error' }, 'unknown CONNECTOR_SERVER_ERROR -', false],
    [{ how: 'effect-then-error' }, 'unknown CONNECTOR_SERVER_ERROR -', true],
    [{ how: 'effect-then-timeout' }, 'unknown CONNECTOR_TIMEOUT -', true],
    [{ how: 'effect-then-reset' }, 'unknown CONNECTOR_BROKEN_OFF -', true],
    [{ how: 'endless' }, 'unknown CONNECTOR_NONSENSE -', false],
  ];
  for (const [fault, expected, happens] of rows) {
    it(`plays ${fault.how}, ${happens ? 'with' : 'without'} the effect`, async () => {
      provider.misbehave(({ number }) => (number === 1 ? fault : undefined));
      const { state, code, waitMs } = refusalOf(await revoke('a')) ?? {};
      assert.equal(`${state} ${code} ${waitMs ?? '-'}`, expected);
      assert.equal(provider.done('revoke').has('a'), happens);
      assert.equal((await revoke('b')).end, 'answered', 'honest again');
    });
  }

  for (const [how, body] of [
    ['nonsense', undefined],
    ['error-inside', { error: 'internal' }],
  ] as const) {
    it(`plays ${how}: 200, and nothing has happened`, async () => {
      provider.misbehave(() => ({ how }));
      const exchange = await revoke('a');
      assert.ok(exchange.end === 'answered');
      assert.deepEqual([exchange.status, exchange.body], [200, body]);
      assert.equal(provider.effects.length, 0);
    });
  }
});
