import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { httpDirectory } from '../../../activities/people/connectors/http-directory.ts';
import { httpStoreAdmins } from '../../../activities/people/connectors/http-store-admins.ts';
import type { AddressInfo } from 'node:net';

interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

describe('httpDirectory', () => {
  let server: Server;
  let url: string;
  let answer: { status: number; body: unknown };
  const asked: Asked[] = [];

  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { authorization } = request.headers;
        asked.push({ path: request.url ?? '', authorization, body: Buffer.concat(chunks).toString() });
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => server.close());

  beforeEach(() => {
    asked.length = 0;
  });

  const open = () =>
    httpDirectory.create({ use: 'http-directory', url: `${url}/`, token: 'env:T' }, (name) => `of ${name}`);

  it('asks for people by id as of an instant, with its token', async () => {
    const directory = open();
    answer = { status: 200, body: { people: [] } };
    await directory.find(['a', 'b'], '2026-04-01T00:00:00Z');
    await directory.close();
    assert.deepEqual(asked, [
      {
        path: '/directory/people',
        authorization: 'Bearer of env:T',
        body: '{"ids":["a","b"],"asOf":"2026-04-01T00:00:00Z"}',
      },
    ]);
  });

  it('takes whom it asked for and knows, and nothing else of the answer', async () => {
    const directory = open();
    const person = { displayName: 'Ada', address: 'ada@example.org', locale: 'de' };
    const people = [
      { id: 'a', ...person, controller: { id: 'c', ...person, locale: '../x' } },
      { id: 'b', unknown: true },
      { id: 'd' },
      { id: 'stranger', ...person },
      'nonsense',
    ];
    answer = { status: 200, body: { people } };
    const found = await directory.find(['a', 'b', 'd']);
    await directory.close();
    const controller = { id: 'c', ...person, locale: 'en' };
    assert.deepEqual([...found.values()], [{ id: 'a', ...person, controller }]);
  });

  for (const [what, status, body, code] of [
    ['no list', 200, {}, 'CONNECTOR_NONSENSE'],
    ['401', 401, {}, 'CONNECTOR_UNAUTHORIZED'],
    ['503', 503, {}, 'CONNECTOR_UNAVAILABLE'],
  ] as const) {
    it(`answers ${what} with ${code}`, async () => {
      const directory = open();
      answer = { status, body };
      await assert.rejects(directory.find(['a']), { code });
      await directory.close();
    });
  }

  it('lists the admins of a store', async () => {
    const admins = httpStoreAdmins({ url, token: 'env:S' }, (name) => `of ${name}`);
    answer = { status: 200, body: { admins: ['p1', '', 7, 'p2'] } };
    assert.deepEqual(await admins.of('a b&c'), ['p1', 'p2']);
    answer = { status: 200, body: {} };
    await assert.rejects(admins.of('x'), { code: 'CONNECTOR_NONSENSE' });
    await admins.close();
    assert.deepEqual([asked[0]?.path, asked[0]?.authorization], ['/store/admins?store=a+b%26c', 'Bearer of env:S']);
  });
});
