import assert from 'node:assert/strict';
import { isAllowed, type Operation } from '../../../../gateway/auth/authorize.ts';
import { createServer } from '../../../../gateway/http/server.ts';
import { declaredRoutes } from './declared-routes.ts';
import { INCIDENT, PEOPLE, apiKey, ask, standDeps, takingClient, type Asked, type SentUpdate } from '../stand.ts';

const at = `/v1/incidents/${INCIDENT}`;
const digest = 'c'.repeat(64);

/** Every route with what it does and a body that it takes. */
const ROUTES: readonly (Asked & { readonly route: string; readonly operation: Operation })[] = [
  { method: 'GET', route: '/v1/incidents', url: '/v1/incidents', operation: 'read' },
  { method: 'GET', route: '/v1/incidents/:id', url: at, operation: 'read' },
  { method: 'GET', route: '/v1/incidents/:id/plan', url: `${at}/plan`, operation: 'read' },
  { method: 'GET', route: '/v1/incidents/:id/timeline', url: `${at}/timeline`, operation: 'read' },
  { method: 'GET', route: '/v1/incidents/:id/effects', url: `${at}/effects`, operation: 'read' },
  { method: 'GET', route: '/v1/incidents/:id/receipts', url: `${at}/receipts?action=a&subject=b`, operation: 'read' },
  { method: 'GET', route: '/v1/incidents/:id/duties', url: `${at}/duties`, operation: 'read' },
  { method: 'GET', route: '/v1/incidents/:id/documents', url: `${at}/documents`, operation: 'read' },
  { method: 'GET', route: '/v1/incidents/:id/events', url: `${at}/events?after=x`, operation: 'read' },
  { method: 'GET', route: '/v1/incidents/:id/people', url: `${at}/people`, operation: 'read' },
  { method: 'GET', route: '/v1/me', url: '/v1/me', operation: 'read' },
  { method: 'GET', route: '/v1/people', url: '/v1/people', operation: 'read' },
  { method: 'GET', route: '/v1/audit', url: '/v1/audit', operation: 'audit' },
  { method: 'GET', route: '/v1/audit/page', url: '/v1/audit/page', operation: 'audit' },
  {
    ...{ method: 'POST', route: '/v1/incidents/:id/hand-records', url: `${at}/hand-records`, operation: 'fact' },
    body: { text: 'revoked by hand', at: '2026-05-04T10:00:00Z' },
  },
  { method: 'GET', route: '/v1/incidents/:id/documents/:document', url: `${at}/documents/x`, operation: 'read' },
  { method: 'GET', route: '/v1/incidents/:id/rollouts', url: `${at}/rollouts`, operation: 'read' },
  {
    ...{ method: 'GET', route: '/v1/incidents/:id/steps/:step/targets', operation: 'read' },
    url: `${at}/steps/round%2Fcontain/targets?states=failed,unknown`,
  },
  { method: 'GET', route: '/v1/playbooks', url: '/v1/playbooks', operation: 'read' },
  { method: 'GET', route: '/v1/playbooks/:name/explain', url: '/v1/playbooks/x/explain', operation: 'read' },
  {
    ...{ method: 'POST', route: '/v1/incidents', url: '/v1/incidents', operation: 'start' },
    body: { playbook: 'leaked-token' },
  },
  {
    ...{ method: 'POST', route: '/v1/incidents/:id/decisions', url: `${at}/decisions`, operation: 'decide' },
    body: { gate: 'contain#1', digest, answer: 'approve' },
  },
  {
    ...{ method: 'POST', route: '/v1/incidents/:id/facts', url: `${at}/facts`, operation: 'fact' },
    body: { key: 'natureOfBreach', value: 'a token was in a log' },
  },
  {
    ...{ method: 'POST', route: '/v1/incidents/:id/steps/:step/resolution', operation: 'resolve' },
    url: `${at}/steps/round%2Faware/resolution`,
    body: { answer: 'done' },
  },
  {
    ...{ method: 'POST', route: '/v1/incidents/:id/amendments', url: `${at}/amendments`, operation: 'amend' },
    body: { skip: 'room', reason: 'no chat' },
  },
  {
    ...{ method: 'POST', route: '/v1/incidents/:id/stop', url: `${at}/stop`, operation: 'stop' },
    body: { reason: 'wrong store' },
  },
  {
    ...{ method: 'POST', route: '/v1/incidents/:id/resume', url: `${at}/resume`, operation: 'resume' },
    body: { reason: 'right store' },
  },
  ...(
    [
      ['pause', 'pause', {}],
      ['resume', 'steer', {}],
      ['rate', 'steer', { window: 2, perMinute: 60 }],
      ['retry', 'steer', { states: ['failed'] }],
    ] as const
  ).map(([order, operation, more]) => ({
    ...({ method: 'POST', route: `/v1/incidents/:id/steps/:step/rollout/${order}`, operation } as const),
    url: `${at}/steps/round%2Fcontain/rollout/${order}`,
    body: { reason: 'a look first', ...more },
  })),
  { method: 'POST', route: '/v1/incidents/:id/bundle', url: `${at}/bundle`, operation: 'export', body: {} },
  { method: 'POST', route: '/codec/decode', url: '/codec/decode', operation: 'decode', body: { payloads: [] } },
  { method: 'GET', route: '/v1/incidents/:id/holds', url: `${at}/holds`, operation: 'hold' },
  {
    ...{ method: 'POST', route: '/v1/incidents/:id/holds', url: `${at}/holds`, operation: 'hold' },
    body: { audience: 'everyone', basis: 'order of a court' },
  },
  {
    ...{ method: 'POST', route: '/v1/incidents/:id/holds/:hold/lift', operation: 'hold' },
    url: `${at}/holds/00000000-0000-4000-8000-000000000000/lift`,
    body: { reason: 'withdrawn' },
  },
  { method: 'GET', route: '/v1/detectors', url: '/v1/detectors', operation: 'read' },
  { method: 'GET', route: '/v1/alerts', url: '/v1/alerts?outcome=held&limit=5', operation: 'read' },
  {
    ...{ method: 'POST', route: '/v1/incidents/:id/release', url: `${at}/release`, operation: 'resume' },
    body: { reason: 'it is as grave as it says' },
  },
  {
    ...{ method: 'POST', route: '/v1/incidents/:id/dismiss', url: `${at}/dismiss`, operation: 'resume' },
    body: { reason: 'it is a test key' },
  },
  { method: 'POST', route: '/v1/reconcile', url: '/v1/reconcile', operation: 'reconcile', body: {} },
  {
    ...{ method: 'POST', route: '/v1/bounces', url: '/v1/bounces', operation: 'bounce', body: 'a report' },
    headers: { 'content-type': 'message/rfc822' },
  },
];

const OPEN = [
  ...['GET /healthz', 'GET /readyz', 'OPTIONS /codec/decode', 'POST /v1/detectors/:name'],
  ...['OPTIONS /v1/detectors/:name', 'GET /v1/openapi.json', 'GET /v1/docs'],
];

describe('createServer', () => {
  it('has no route that is not asked about here', () => {
    const known = [...ROUTES.map(({ method, route }) => `${method} ${route}`), ...OPEN];
    assert.deepEqual([...declaredRoutes()].sort(), known.sort());
  });

  for (const { operation, route, ...asked } of ROUTES) {
    describe(`${asked.method} ${route}`, () => {
      it('refuses who has no key', async () => {
        const { status, json } = await ask(standDeps(), asked);
        assert.equal(status, 401);
        assert.equal(json.code, 'GATEWAY_UNAUTHENTICATED');
      });

      for (const { id, roles } of PEOPLE) {
        const may = isAllowed({ roles, isMachine: false }, operation);
        it(`${may ? 'lets' : 'refuses'} ${roles.join()}`, async () => {
          const { json } = await ask(standDeps(), { ...asked, as: id });
          assert.equal(json.code === 'GATEWAY_FORBIDDEN', !may);
        });
      }

      it('never lets a machine decide', async () => {
        const may = isAllowed({ roles: ['admin'], isMachine: true }, operation);
        const { json } = await ask(standDeps(), { ...asked, as: 'robot-admin' });
        assert.equal(json.code === 'GATEWAY_FORBIDDEN', !may);
      });
    });
  }

  it('answers health without a key, and nothing more', async () => {
    assert.deepEqual((await ask(standDeps(), { method: 'GET', url: '/healthz' })).json, { ok: true });
    const ready = await ask(standDeps(), { method: 'GET', url: '/readyz' });
    assert.deepEqual(ready.json, { ok: true, ledger: true, engine: true });
  });

  it('is not ready while the ledger does not answer', async () => {
    const { ledger } = standDeps();
    const away = { ...ledger, ping: () => Promise.reject(new Error('away')) };
    const { status, json } = await ask(standDeps({ ledger: away }), { method: 'GET', url: '/readyz' });
    assert.equal(status, 503);
    assert.deepEqual(json, { ok: false, ledger: false, engine: true });
  });

  it('sends headers that keep answers out of caches and frames', async () => {
    const { headers } = await ask(standDeps(), { method: 'GET', url: '/nowhere' });
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(String(headers['x-request-id']), /^[0-9a-f-]{36}$/);
  });

  it('lets a browser use the codec from a named origin only', async () => {
    const deps = standDeps({ uiOrigins: ['http://ui.example.org'] });
    const from = async (origin: string): Promise<unknown> => {
      const asked = { method: 'POST', url: '/codec/decode', body: { payloads: [] }, as: 'ada' } as const;
      return (await ask(deps, { ...asked, headers: { origin } })).headers['access-control-allow-origin'];
    };
    assert.equal(await from('http://ui.example.org'), 'http://ui.example.org');
    assert.equal(await from('http://other.example.org'), undefined);
  });
});

describe('createServer, given bad input', () => {
  const decide = { method: 'POST', url: `${at}/decisions`, as: 'casey' } as const;
  const good = { gate: 'contain#1', digest, answer: 'approve' };

  function nested(depth: number): object {
    return depth === 0 ? {} : { deeper: nested(depth - 1) };
  }

  const cases: readonly (readonly [string, Partial<Asked>, number, string])[] = [
    ['a body over 256 KiB', { body: { ...good, comment: 'x'.repeat(300_000) } }, 413, 'GATEWAY_BODY_TOO_LARGE'],
    ['a body that is nested too deeply', { body: { ...good, comment: nested(40) } }, 422, 'GATEWAY_BODY_INVALID'],
    ['a member that nobody declared', { body: { ...good, by: 'priya' } }, 422, 'GATEWAY_BODY_INVALID'],
    ['a member of another type', { body: { ...good, breakGlass: 'yes' } }, 422, 'GATEWAY_BODY_INVALID'],
    ['a word that is not one of them', { body: { ...good, answer: 'maybe' } }, 422, 'GATEWAY_BODY_INVALID'],
    ['a gate that cannot be one', { body: { ...good, gate: '../../x' } }, 422, 'GATEWAY_BODY_INVALID'],
    ['a digest that cannot be one', { body: { ...good, digest: 'abc' } }, 422, 'GATEWAY_BODY_INVALID'],
    ['NUL in a text', { body: { ...good, comment: 'a\u0000b' } }, 422, 'GATEWAY_BODY_INVALID'],
    ['half a character', { body: { ...good, comment: 'a\ud800b' } }, 422, 'GATEWAY_BODY_INVALID'],
    ['a list', { body: [good] }, 422, 'GATEWAY_BODY_INVALID'],
    ['no body', { body: '' }, 422, 'GATEWAY_BODY_INVALID'],
    ['half a body', { body: '{"gate": "cont' }, 422, 'GATEWAY_BODY_INVALID'],
    ['a poisoned prototype', { body: '{"__proto__": {"admin": true}}' }, 422, 'GATEWAY_BODY_INVALID'],
    [
      'a form',
      { body: 'gate=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'GATEWAY_MEDIA_TYPE',
    ],
    ['plain text', { body: 'gate', headers: { 'content-type': 'text/plain' } }, 415, 'GATEWAY_MEDIA_TYPE'],
    ['no idempotency key', { body: good, headers: { 'idempotency-key': '' } }, 400, 'GATEWAY_KEY_MISSING'],
    [
      'an endless idempotency key',
      { body: good, headers: { 'idempotency-key': 'k'.repeat(201) } },
      400,
      'GATEWAY_KEY_MISSING',
    ],
    ['a role that the key does not carry', { body: { ...good, role: 'privacy' } }, 403, 'GATEWAY_FORBIDDEN'],
    [
      'an incident that is not there',
      { url: '/v1/incidents/INC-2026-9999/decisions', body: good },
      404,
      'INCIDENT_UNKNOWN',
    ],
    ['an incident that cannot be one', { url: '/v1/incidents/x/decisions', body: good }, 404, 'INCIDENT_UNKNOWN'],
    ['a path that is not there', { url: '/v2/incidents', body: good }, 404, 'GATEWAY_NOT_FOUND'],
    ['a broken path', { url: '/v1/incidents/%E0%A4%A', body: good }, 404, 'GATEWAY_NOT_FOUND'],
  ];

  for (const [what, asked, status, code] of cases) {
    it(`refuses ${what}`, async () => {
      const answer = await ask(standDeps(), { ...decide, ...asked });
      assert.equal(answer.json.code, code);
      assert.equal(answer.status, status);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      assert.deepEqual(Object.keys(answer.json).sort(), [
        'code',
        'detail',
        'remedy',
        'requestId',
        'status',
        'title',
        'type',
      ]);
    });
  }

  const queries = ['limit=0', 'limit=1000', 'limit=x', 'limit=1&limit=2', 'before=yesterday', 'order=asc', 'limit=-1'];
  for (const query of queries) {
    it(`refuses the query ${query}`, async () => {
      const { status, json } = await ask(standDeps(), { method: 'GET', url: `/v1/incidents?${query}`, as: 'olive' });
      assert.equal(json.code, 'GATEWAY_QUERY_INVALID');
      assert.equal(status, 422);
    });
  }

  const facts: readonly (readonly [string, string, object, string | undefined])[] = [
    ['an unknown key', 'priya', { key: 'weather', value: 'rain' }, 'FACT_UNKNOWN'],
    ['a name that every object has', 'priya', { key: 'constructor', value: 1 }, 'FACT_UNKNOWN'],
    ['a value of another type', 'priya', { key: 'awareAt', value: 'today' }, 'GATEWAY_BODY_INVALID'],
    ['no value', 'priya', { key: 'awareAt' }, 'GATEWAY_BODY_INVALID'],
    [
      'awareness said by who does not decide it',
      'dana',
      { key: 'awareAt', value: { unknown: true } },
      'GATEWAY_FORBIDDEN',
    ],
    [
      'a decision of a machine',
      'detector',
      { key: 'natureOfBreach', value: 'x', confidence: 'decided' },
      'GATEWAY_FORBIDDEN',
    ],
    [
      'awareness proposed by a machine',
      'detector',
      { key: 'awareAt', value: { unknown: true }, confidence: 'proposed' },
      undefined,
    ],
    [
      'awareness decided by privacy counsel',
      'priya',
      { key: 'awareAt', value: { unknown: true }, confidence: 'decided' },
      undefined,
    ],
  ];
  for (const [what, as, body, code] of facts) {
    it(`${code === undefined ? 'takes' : 'refuses'} as a fact ${what}`, async () => {
      const { json } = await ask(standDeps(), { method: 'POST', url: `${at}/facts`, as, body });
      assert.equal(json.code, code);
    });
  }
});

describe('createServer, given a secret where none belongs', () => {
  const secret = ['hf', 'q'.repeat(34)].join('_');
  const spots: readonly (readonly [string, Asked])[] = [
    [
      'a comment',
      {
        method: 'POST',
        url: `${at}/decisions`,
        as: 'casey',
        body: { gate: 'a#1', digest, answer: 'approve', comment: `see ${secret}` },
      },
    ],
    ['a fact', { method: 'POST', url: `${at}/facts`, as: 'casey', body: { key: 'natureOfBreach', value: secret } }],
    [
      'the inputs',
      {
        method: 'POST',
        url: '/v1/incidents',
        as: 'dana',
        body: { playbook: 'leaked-token', inputs: { upload: secret } },
      },
    ],
    ['the name of a member', { method: 'POST', url: `${at}/facts`, as: 'casey', body: { [secret]: 1 } }],
    ['the name of a fact', { method: 'POST', url: `${at}/facts`, as: 'casey', body: { key: secret, value: 1 } }],
    ['the name of a playbook', { method: 'GET', url: `/v1/playbooks/${secret}/explain`, as: 'olive' }],
    ['the query', { method: 'GET', url: `/v1/incidents?${secret}=1`, as: 'olive' }],
    ['the path', { method: 'GET', url: `/v1/incidents/${secret}`, as: 'olive' }],
    ['half a body', { method: 'POST', url: `${at}/facts`, as: 'casey', body: `{"key": "${secret}` }],
    ['the authorization', { method: 'GET', url: at, headers: { authorization: `Bearer ${secret}` } }],
    [
      'a person',
      { method: 'POST', url: '/v1/incidents', as: 'dana', body: { playbook: 'x', roles: { commander: [secret] } } },
    ],
  ];
  for (const [what, asked] of spots) {
    it(`refuses it in ${what} and repeats it nowhere`, async () => {
      const lines: object[] = [];
      const answer = await ask(standDeps({ log: (line) => lines.push(line) }), asked);
      assert.ok(answer.status >= 400, `answered ${answer.status}`);
      assert.ok(!answer.text.includes(secret.slice(0, 12)), answer.text);
      assert.ok(!JSON.stringify(lines).includes(secret.slice(0, 12)), JSON.stringify(lines));
    });
  }
});

describe('createServer, given the same message twice', () => {
  const asked = { method: 'POST', url: `${at}/stop`, as: 'casey', headers: { 'idempotency-key': 'one' } } as const;

  it('sends both under one update id and answers the same receipt', async () => {
    const sent: SentUpdate[] = [];
    const deps = standDeps({ client: takingClient(sent) });
    const first = await ask(deps, { ...asked, body: { reason: 'wrong store' } });
    const second = await ask(deps, { ...asked, body: { reason: 'wrong store' } });
    assert.deepEqual(second.json, first.json);
    assert.deepEqual(new Set(sent.map(({ updateId }) => updateId)), new Set(['casey/one']));
  });

  it('refuses the key when something else is said under it', async () => {
    const deps = standDeps();
    await ask(deps, { ...asked, body: { reason: 'wrong store' } });
    const { status, json } = await ask(deps, { ...asked, body: { reason: 'another' } });
    assert.equal(json.code, 'INCIDENT_KEY_REUSED');
    assert.equal(status, 409);
  });

  it('keeps the keys of two people apart', async () => {
    const sent: SentUpdate[] = [];
    const deps = standDeps({ client: takingClient(sent) });
    await ask(deps, { ...asked, body: { reason: 'wrong store' } });
    const { status } = await ask(deps, { ...asked, as: 'lee', body: { reason: 'mine' } });
    assert.equal(status, 200);
    assert.deepEqual(
      sent.map(({ message }) => message['by']),
      ['casey', 'lee'],
    );
  });

  it('takes who speaks from the key and never from the body', async () => {
    const sent: SentUpdate[] = [];
    await ask(standDeps({ client: takingClient(sent) }), { ...asked, body: { reason: 'wrong store' } });
    assert.equal(sent[0]!.message['by'], 'casey');
    assert.equal(sent[0]!.message['role'], 'commander');
  });
});

describe('createServer, asked too often', () => {
  it('refuses with the time to wait, for that key only', async () => {
    const app = createServer(standDeps({ rate: { perSecond: 1, burst: 2 } }));
    const as = (name: string) =>
      app.inject({ method: 'GET', url: '/v1/playbooks', headers: { authorization: `Bearer ${apiKey(name)}` } });
    assert.equal((await as('olive')).statusCode, 200);
    assert.equal((await as('olive')).statusCode, 200);
    const refused = await as('olive');
    assert.equal(refused.statusCode, 429);
    assert.equal(refused.json<{ code: string }>().code, 'GATEWAY_RATE_LIMITED');
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal((await as('casey')).statusCode, 200);
  });

  it('lets guesses at keys through slowly', async () => {
    const app = createServer(standDeps());
    const guesses = Array.from({ length: 40 }, (_, number) =>
      app.inject({
        method: 'GET',
        url: '/v1/playbooks',
        headers: { authorization: `Bearer ${apiKey(`guess${number}`)}` },
      }),
    );
    const statuses = (await Promise.all(guesses)).map(({ statusCode }) => statusCode);
    assert.ok(statuses.includes(429), statuses.join());
    assert.ok(!statuses.includes(200));
  });
});
