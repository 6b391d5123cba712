import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { startCutTcp } from '../../support/cut-tcp.ts';
import { freePort } from '../../support/free-port.ts';
import { ask } from '../../unit/gateway/stand.ts';
import { DoorStand, startBody } from './door-stand.ts';

describe('the HTTP API', function () {
  this.timeout(60_000);
  let door: DoorStand;

  before(async () => {
    door = await DoorStand.open();
  });

  after(() => door.close());

  describe('while the Temporal server is away', () => {
    it('keeps the start in the ledger, tells to come back, and starts it then', async () => {
      const dead = new Client({
        connection: Connection.lazy({ address: `127.0.0.1:${await freePort()}`, connectTimeout: '1s' }),
      });
      const away = { ...door.deps, client: dead };
      const asked = {
        method: 'POST',
        url: '/v1/incidents',
        as: 'dana',
        body: startBody(),
        headers: { 'idempotency-key': 'storm' },
      } as const;
      const refused = await ask(away, asked);
      assert.deepEqual([refused.status, refused.json.code], [503, 'GATEWAY_ENGINE_AWAY']);
      assert.ok(Number(refused.headers['retry-after']) > 0);
      const [row] = await door.deps.ledger.incidents.list({ limit: 1 });
      const look = { method: 'GET', url: `/v1/incidents/${row!.incident}`, as: 'olive' } as const;
      const meanwhile = await ask(away, look);
      assert.deepEqual([meanwhile.status, meanwhile.json.source, meanwhile.json.state], [200, 'ledger', 'declared']);
      const early = await door.post(`/${row!.incident}/stop`, 'casey', { reason: 'too early' });
      assert.deepEqual([early.status, early.json.code], [409, 'GATEWAY_NOT_RUNNING']);
      const back = await ask(door.deps, asked);
      assert.deepEqual([back.status, back.json.incident, back.json.joined], [200, row!.incident, true]);
      assert.equal((await door.view(row!.incident)).source, 'engine');
    });
  });

  describe('while the ledger is away', () => {
    it('tells to come back', async () => {
      const port = Number(new URL(door.test.url).port);
      const wire = await startCutTcp(port);
      const ledger = await door.test.another({ url: door.test.url.replace(`:${port}/`, `:${wire.port}/`), opens: [] });
      await wire.close();
      const { status, json, headers } = await ask(
        { ...door.deps, ledger },
        { method: 'POST', url: '/v1/incidents', as: 'dana', body: startBody() },
      );
      assert.deepEqual([status, json.code], [503, 'LEDGER_UNREACHABLE']);
      assert.ok(Number(headers['retry-after']) > 0);
    });
  });
});
