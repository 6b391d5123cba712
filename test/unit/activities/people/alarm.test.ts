import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bestOf, type Alarm } from '../../../../activities/people/alarm.ts';
import { pagerduty } from '../../../../activities/people/connectors/pagerduty.ts';
import { webhookAlarm } from '../../../../activities/people/connectors/webhook-alarm.ts';
import { tellStaff } from '../../../../activities/people/page.ts';
import { memoryHouse } from '../../../support/memory-house.ts';
import { testIncident } from '../../../support/page-calls.ts';

/** What the local service took. */
interface Taken {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const CALL = { incident: testIncident, person: 'alice', text: 'A gate is open', key: 'k1' };

describe('alarms', () => {
  const taken: Taken[] = [];
  let status = 202;
  let server: Server;
  let url: string;
  let alarm: Alarm;
  const key = `whsec_${randomBytes(32).toString('base64')}`;

  before(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      request.on('end', () => {
        taken.push({ headers: request.headers, text });
        response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '7' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/enqueue`;
  });
  beforeEach(() => {
    taken.length = 0;
    status = 202;
  });
  afterEach(() => alarm.close());
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  describe('pagerduty', () => {
    beforeEach(() => {
      alarm = pagerduty.create({ routingKey: 'env:KEY', url }, () => 'routing');
    });

    it('triggers an alert that its repeats are one with', async () => {
      assert.equal((await alarm.ring(CALL)).end, 'accepted');
      assert.equal((await alarm.ring(CALL)).end, 'accepted');
      const sent = taken.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
      assert.deepEqual(sent[0], sent[1]);
      const { routing_key: routing, event_action: action, dedup_key: dedup, payload } = sent[0]!;
      assert.deepEqual([routing, action, dedup], ['routing', 'trigger', 'firebreak-k1']);
      const { summary, severity } = payload as Record<string, unknown>;
      assert.deepEqual([summary, severity], [`[${testIncident}] alice: A gate is open`, 'critical']);
    });

    for (const [answer, end, code] of [
      [429, 'deferred', 'CONNECTOR_RATE_LIMITED'],
      [400, 'refused', 'CONNECTOR_REFUSED'],
      [500, 'unclear', 'CONNECTOR_SERVER_ERROR'],
    ] as const)
      it(`takes ${answer} for ${end}`, async () => {
        status = answer;
        const delivery = await alarm.ring(CALL);
        assert.equal(delivery.end, end);
        assert.equal('code' in delivery ? delivery.code : '', code);
      });

    it('knows that nobody was woken where nobody listens', async () => {
      const lost = pagerduty.create({ routingKey: 'env:KEY', url: 'http://127.0.0.1:9/' }, () => 'routing');
      assert.equal((await lost.ring(CALL)).end, 'deferred');
      await lost.close();
    });
  });

  describe('webhook', () => {
    beforeEach(() => {
      alarm = webhookAlarm.create({ url, key: 'env:KEY' }, () => key);
    });

    it('signs what it says, and says the same id for a repeat', async () => {
      await alarm.ring(CALL);
      await alarm.ring(CALL);
      assert.deepEqual([...new Set(taken.map(({ headers }) => headers['webhook-id']))], ['page-k1']);
      const [{ headers, text }] = taken as [Taken];
      const signed = `page-k1.${String(headers['webhook-timestamp'])}.${text}`;
      const mac = createHmac('sha256', Buffer.from(key.slice(6), 'base64'))
        .update(signed)
        .digest('base64');
      assert.equal(headers['webhook-signature'], `v1,${mac}`);
      assert.deepEqual(JSON.parse(text), { incident: testIncident, person: 'alice', text: 'A gate is open' });
    });

    it('refuses a key that is none', () => {
      assert.throws(() => webhookAlarm.create({ url, key: 'env:KEY' }, () => 'secret'), { code: 'CONFIG_INVALID' });
    });

    it('wakes staff who have no mail server, without what looks like a credential', async () => {
      const { environment } = memoryHouse({ incident: testIncident });
      const token = ['hf', 'x'.repeat(34)].join('_');
      const pager = { mailer: undefined, from: '', alarm, environment };
      assert.deepEqual(await tellStaff(pager, ['alice', 'nobody'], `Look: ${token}`, { incident: testIncident }), [
        'alice',
      ]);
      assert.equal(taken.length, 1);
      assert.ok(!taken[0]!.text.includes(token));
    });
  });
});

describe('bestOf', () => {
  it('counts whoever was reached by one way as awake', () => {
    const accepted = { end: 'accepted', receipt: {} } as const;
    const refused = { end: 'refused', code: 'NOTICE_REFUSED', receipt: {} } as const;
    const unclear = { end: 'unclear', code: 'CONNECTOR_TIMEOUT', receipt: {} } as const;
    assert.equal(bestOf([refused, unclear, accepted]), accepted);
    assert.equal(bestOf([refused, unclear]), unclear);
    assert.equal(bestOf([]), undefined);
  });
});
