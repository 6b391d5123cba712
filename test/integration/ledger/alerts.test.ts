import assert from 'node:assert/strict';
import type { AlertRecord } from '../../../ledger/alert-port.ts';
import { LOOK_FOR_DELIVERIES } from '../../../ledger/deliveries.ts';
import type { Ledger } from '../../../ledger/ports.ts';
import { openRequest, openTestLedger, type TestLedger } from './open-test-ledger.ts';

const HASH = 'ab'.repeat(32);
const ANSWER = { results: [], replayed: false } as const;

describe('AlertStore', function () {
  this.timeout(120_000);
  let test: TestLedger;
  let gateways: readonly Ledger[];

  before(async () => {
    test = await openTestLedger();
    gateways = [test.ledger, await test.another()];
  });
  after(() => test.close());

  const at = (n: number): Ledger => gateways[n % gateways.length]!;
  const record = (event: string): AlertRecord => ({ detector: 'scout', event, kind: 'leak', outcome: 'joined' });

  it('counts every alert of a leak, however many come at once at two gateways', async () => {
    const heard = await Promise.all(
      Array.from({ length: 600 }, (_, n) => at(n).alerts.hear(`leak-${n % 3}`, 'scout', false)),
    );
    assert.deepEqual([...new Set(heard.map(({ held, incident }) => `${held} ${incident}`))], ['false undefined']);
    for (const leak of ['leak-0', 'leak-1', 'leak-2'])
      assert.deepEqual(await test.ledger.alerts.counts(leak), { alerts: 200, told: 0 });
  });

  it('holds a leak when one of a round asks for too much, until it has an incident', async () => {
    const asks = [false, true, false].map((isBeyond) => test.ledger.alerts.hear('grave', 'scout', isBeyond));
    assert.ok((await Promise.all(asks)).some(({ held }) => held));
    assert.equal((await test.ledger.alerts.hear('grave', 'scout', false)).held, true);
    await test.ledger.alerts.hear('small', 'scout', false);
    await test.ledger.alerts.bind('small', test.incident);
    const later = await test.ledger.alerts.hear('small', 'scout', true);
    assert.deepEqual([later.held, later.incident, later.ended], [false, test.incident, undefined]);
  });

  it('keeps the first answer of a delivery, and records the alerts of all', async () => {
    const delivery = { detector: 'scout', ids: ['id:1'], bodyHash: HASH };
    assert.equal(await test.ledger.alerts.take(delivery), undefined);
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        at(n).alerts.conclude([record('alert-1')], { delivery, answer: { ...ANSWER, replayed: n > 0 } }),
      ),
    );
    const [one, other] = await Promise.all(gateways.map(({ alerts }) => alerts.take(delivery)));
    assert.deepEqual(one, other);
    assert.ok(one);
    await assert.rejects(test.ledger.alerts.take({ ...delivery, bodyHash: 'cd'.repeat(32) }), {
      code: 'DETECTOR_DELIVERY_REUSED',
    });
    const { rows } = await test.raw.query("select times from alerts where event = 'alert-1'");
    assert.deepEqual(rows, [{ times: 40 }]);
  });

  it('takes no other delivery along with one that the database does not take', async () => {
    const ended = await Promise.allSettled([
      test.ledger.alerts.conclude([record('good-1')]),
      test.ledger.alerts.conclude([record('bad\u0000')]),
      test.ledger.alerts.conclude([record('good-2')]),
    ]);
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('finds each delivery by its key alone, however the statement was planned', async () => {
    await test.raw.query('set plan_cache_mode = force_generic_plan; set enable_seqscan = off');
    await test.raw.query(`prepare look as ${LOOK_FOR_DELIVERIES}`);
    const { rows } = await test.raw.query<{ 'QUERY PLAN': string }>("explain execute look('{scout}', '{id:1}')");
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    assert.match(plan, /Index Scan using deliveries_pkey/);
    assert.match(plan, /Index Cond: \(\(detector = .*\) AND \(id = .*\)\)/);
    assert.doesNotMatch(plan, /Merge Join|Hash Join|Seq Scan/);
  });

  it('gives a leak to one of many incidents that are opened for it at once', async () => {
    const about = { keys: ['credential-1', 'credential-2'], isHeld: false };
    const ended = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => at(n).incidents.open(openRequest({ about }))),
    );
    const opened = ended.filter(({ status }) => status === 'fulfilled');
    assert.equal(opened.length, 1);
    const [first] = opened as PromiseFulfilledResult<Awaited<ReturnType<Ledger['incidents']['open']>>>[];
    for (const one of ended)
      if (one.status === 'rejected') {
        const { code, details } = one.reason as { readonly code?: string; readonly details?: unknown };
        assert.deepEqual([code, details], ['INCIDENT_OPEN_ALREADY', { incident: first!.value.incident, held: false }]);
      }
    const other = openRequest({ about: { keys: ['credential-2', 'credential-3'], isHeld: false } });
    await assert.rejects(test.ledger.incidents.open(other), { code: 'INCIDENT_OPEN_ALREADY', what: /credential 1 / });
    await test.ledger.incidents.setState(first!.value.incident, 'closed');
    assert.equal((await test.ledger.incidents.open(other)).joined, false);
  });
});
