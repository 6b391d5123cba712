import assert from 'node:assert/strict';
import { DoorStand, until } from './door-stand.ts';

describe('sendMessage', function () {
  this.timeout(60_000);
  let door: DoorStand;

  before(async () => {
    door = await DoorStand.open();
  });

  after(() => door.close());

  describe('POST /v1/incidents/:id/decisions', () => {
    it('takes the decision of who holds the role on exactly what was seen', async () => {
      const { incident } = await door.started();
      const gate = await door.openGate(incident);
      const at = `/${incident}/decisions`;
      const seen = { gate: gate.id, digest: gate.digest, answer: 'approve' };
      const other = await door.post(at, 'casey', { ...seen, digest: 'd'.repeat(64) });
      assert.deepEqual([other.status, other.json.code], [409, 'GATE_STALE']);
      const stranger = await door.post(at, 'priya', seen);
      assert.deepEqual([stranger.status, stranger.json.code], [403, 'GATE_ROLE']);
      const key = { 'idempotency-key': 'decision-1' };
      const first = await door.post(at, 'casey', seen, key);
      assert.equal(first.status, 200, first.text);
      assert.deepEqual((await door.post(at, 'casey', seen, key)).json, first.json);
      const changed = await door.post(at, 'casey', { ...seen, answer: 'reject' }, key);
      assert.deepEqual([changed.status, changed.json.code], [409, 'INCIDENT_KEY_REUSED']);
      await until('the revoke', async () =>
        (await door.view(incident)).steps.find(({ id, state }) => id === 'contain' && state === 'succeeded'),
      );
    });

    it('refuses the approval of who asked for the incident', async () => {
      const { incident } = await door.started('noor');
      const gate = await door.openGate(incident);
      const { status, json } = await door.post(`/${incident}/decisions`, 'noor', {
        ...{ gate: gate.id, digest: gate.digest, answer: 'approve', role: 'commander' },
      });
      assert.deepEqual([status, json.code], [403, 'GATE_REQUESTER']);
    });
  });

  describe('what people say', () => {
    it('takes facts and answers, and shows who said what', async () => {
      const { incident } = await door.started();
      await until('the question', async () => (await door.view(incident)).asks.find(({ step }) => step === 'aware'));
      const fact = { key: 'awareAt', value: { at: '2026-05-04T10:00:00Z' }, confidence: 'decided' };
      assert.equal((await door.post(`/${incident}/facts`, 'priya', fact)).status, 200);
      const answered = await door.post(`/${incident}/steps/aware/resolution`, 'priya', {
        answer: 'done',
        values: { awareAt: { at: '2026-05-04T10:00:00Z' }, riskToPeople: 'risk' },
      });
      assert.equal(answered.status, 200, answered.text);
      const { facts } = await door.view(incident);
      const awareness = facts.findLast(({ key }) => key === 'awareAt');
      assert.deepEqual([awareness?.by, awareness?.confidence], ['priya', 'decided']);
      const again = await door.post(`/${incident}/steps/aware/resolution`, 'priya', { answer: 'done', values: {} });
      assert.equal(again.status, 409);
    });

    it('stops before the next target, and resumes', async () => {
      const { incident } = await door.started();
      await door.openGate(incident);
      assert.equal((await door.post(`/${incident}/stop`, 'casey', { reason: 'wrong token' })).status, 200);
      assert.equal((await door.view(incident)).stopped, true);
      assert.equal((await door.post(`/${incident}/resume`, 'casey', { reason: 'right token' })).status, 200);
      assert.equal((await door.view(incident)).stopped, false);
    });

    it('refuses what the plan does not declare', async () => {
      const { incident } = await door.started();
      await door.openGate(incident);
      const { status, json } = await door.post(`/${incident}/amendments`, 'casey', { run: 'widen', reason: 'more' });
      assert.deepEqual([status, json.code], [422, 'AMENDMENT_UNKNOWN']);
    });
  });
});
