import assert from 'node:assert/strict';
import { readObject, refusalOf } from '../../../../activities/effects/http-exchange.ts';
import type { Exchange } from '../../../../activities/effects/http-exchange.ts';

function answered(status: number, body: unknown = {}, retryAfterMs?: number): Exchange {
  return { end: 'answered', status, body, retryAfterMs, receipt: { status } };
}

describe('refusalOf', () => {
  const rows: readonly (readonly [string, Exchange, string, string])[] = [
    ['no connection', { end: 'not-sent', code: 'CONNECTOR_UNREACHABLE' }, 'planned', 'CONNECTOR_UNREACHABLE'],
    ['silence', { end: 'unclear', code: 'CONNECTOR_TIMEOUT' }, 'unknown', 'CONNECTOR_TIMEOUT'],
    ['429', answered(429), 'planned', 'CONNECTOR_RATE_LIMITED'],
    ['503', answered(503), 'planned', 'CONNECTOR_UNAVAILABLE'],
    ['401', answered(401), 'planned', 'CONNECTOR_UNAUTHORIZED'],
    ['a redirect', answered(302), 'planned', 'CONNECTOR_NONSENSE'],
    ['500', answered(500), 'unknown', 'CONNECTOR_SERVER_ERROR'],
    ['502', answered(502), 'unknown', 'CONNECTOR_SERVER_ERROR'],
    ['408', answered(408), 'unknown', 'CONNECTOR_SERVER_ERROR'],
    ['422', answered(422), 'failed', 'CONNECTOR_REFUSED'],
  ];
  for (const [what, exchange, state, code] of rows) {
    it(`takes ${what} for ${state}`, () => {
      const refusal = refusalOf(exchange);
      assert.deepEqual([refusal?.state, refusal?.code], [state, code]);
    });
  }

  it('waits as long as the provider asks', () => {
    assert.equal(refusalOf(answered(429, {}, 90_000))?.waitMs, 90_000);
  });

  it('leaves an answer of the 2xx class to the connector', () => {
    assert.equal(refusalOf(answered(202)), undefined);
  });
});

describe('readObject', () => {
  it('says when to come back', () => {
    assert.throws(() => readObject(answered(429, {}, 3_000), 'list'), {
      code: 'CONNECTOR_RATE_LIMITED',
      retryAfterMs: 3_000,
    });
  });

  for (const body of [[], 'text', null, 7]) {
    it(`refuses ${JSON.stringify(body)} as an answer`, () => {
      assert.throws(() => readObject(answered(200, body), 'list'), { code: 'CONNECTOR_NONSENSE' });
    });
  }
});
