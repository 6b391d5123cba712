import assert from 'node:assert/strict';
import { OFFERS_MAX, type AlertRecord } from '../../../ledger/alert-port.ts';
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

  it('takes an incident for what it was opened as, whatever an alert asks for before it is bound', async () => {
    const { alerts, incidents } = test.ledger;
    await alerts.hear('raced', 'scout', false);
    const running = await incidents.open(openRequest({ about: { keys: [], isHeld: false } }));
    assert.equal((await alerts.hear('raced', 'scout', true)).held, true); // no incident yet, as far as it can see
    assert.deepEqual(await alerts.bind('raced', running.incident), { incident: running.incident, held: false });
    assert.equal((await alerts.hear('raced', 'scout', false)).held, false);
    for (const decide of [alerts.release, alerts.dismiss])
      await assert.rejects(decide(running.incident, 'casey'), { code: 'INCIDENT_NOT_HELD' });
    assert.equal((await incidents.read(running.incident))?.closedAt, undefined);
  });

  it('says of a held incident that it waits, also to who asks for it with less, and takes one decision of many', async () => {
    const request = openRequest({ about: { keys: [], isHeld: true } });
    const { incident } = await test.ledger.incidents.open(request);
    const joined = await test.ledger.incidents.open({ ...request, about: { keys: [], isHeld: false } });
    assert.deepEqual([joined.joined, joined.row.held], [true, true]);
    await test.ledger.alerts.hear('waits', 'scout', true);
    assert.equal((await test.ledger.alerts.bind('waits', incident)).held, true);
    const ended = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) =>
        n % 2 === 0 ? at(n).alerts.release(incident, 'casey') : at(n).alerts.dismiss(incident, 'noor'),
      ),
    );
    const wasReleased = ended[0]!.status === 'fulfilled';
    assert.deepEqual(
      ended.map(({ status }, n) => (status === 'fulfilled') === (n % 2 === 0 ? wasReleased : !wasReleased)),
      Array<boolean>(10).fill(true),
    );
    const row = await test.ledger.incidents.read(incident);
    assert.deepEqual([row?.held, row?.closedAt === undefined], [false, wasReleased]);
  });

  it('starts anew what was only offered to an incident that is closed, once, and counts its alerts exactly', async () => {
    const { alerts, incidents } = test.ledger;
    const { incident } = await incidents.open(openRequest());
    assert.equal(await alerts.found(incident, 'print-1', 'offered'), 1);
    const open = await alerts.hear('offered', 'scout', false);
    assert.deepEqual([open.incident, open.ended, open.round], [incident, undefined, 0]);
    await incidents.setState(incident, 'closed');
    const heard = await Promise.all(Array.from({ length: 40 }, (_, n) => at(n).alerts.hear('offered', 'other', false)));
    const seen = heard.map((leak) => `${leak.incident} ${leak.ended} ${leak.round} ${leak.detector}`);
    assert.deepEqual([...new Set(seen)], ['undefined undefined 1 other']);
    assert.deepEqual(await alerts.counts('offered'), { alerts: 40, told: 0 });
    const next = await incidents.open(openRequest({ about: { keys: ['offered'], isHeld: false } }));
    await incidents.setState(next.incident, 'closed');
    const after = await alerts.hear('offered', 'scout', false);
    assert.deepEqual([after.incident, after.ended, after.round], [next.incident, 'closed', 1]); // its own: that is after close
  });

  it('offers an incident so many credentials and no more; the rest are noted and stay free', async () => {
    const { alerts, incidents } = test.ledger;
    const { incident } = await incidents.open(openRequest());
    await test.raw.query('update incidents set found = $2 where id = $1', [incident, OFFERS_MAX - 2]);
    const asked = await Promise.all(
      Array.from({ length: 12 }, (_, n) => at(n).alerts.found(incident, `many-${n}`, `many-${n}`)),
    );
    const numbers = asked.filter((number) => number !== 'full');
    assert.deepEqual(numbers.sort(), [OFFERS_MAX - 1, OFFERS_MAX]);
    const full = asked.indexOf('full');
    assert.equal(await alerts.found(incident, `many-${full}`, `many-${full}`), 'full');
    assert.equal((await alerts.hear(`many-${full}`, 'scout', false)).incident, undefined);
    const { rows } = await test.raw.query<{ noted: number; full: number }>(
      'select count(*)::int as noted, count(*) filter (where number is null)::int as full from found_credentials where incident = $1',
      [incident],
    );
    assert.deepEqual(rows, [{ noted: 12, full: 10 }]);
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
