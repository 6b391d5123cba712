import assert from 'node:assert/strict';
import type { DoorRefusal } from '../../../ledger/door-port.ts';
import { openTestLedger, type TestLedger } from './open-test-ledger.ts';

describe('doorStore', function () {
  this.timeout(60_000);
  let test: TestLedger;

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  const refusal = (more: Partial<DoorRefusal> = {}): DoorRefusal => ({
    ...{ minute: '2026-05-04T10:00:00.000Z', who: 'olive', route: 'GET /v1/audit', code: 'GATEWAY_FORBIDDEN' },
    ...{ times: 1, request: 'r1', firstAt: '2026-05-04T10:00:01.000Z', lastAt: '2026-05-04T10:00:01.000Z' },
    ...more,
  });

  it('adds up what several gateways counted in a minute, whoever writes last', async () => {
    const other = await test.another({ opens: [] });
    await test.ledger.door.refuse([refusal({ times: 3, request: 'late', lastAt: '2026-05-04T10:00:50.000Z' })]);
    await other.door.refuse([refusal({ times: 4, request: 'early', firstAt: '2026-05-04T10:00:00.500Z' })]);
    const [row, ...more] = await test.ledger.door.refusals({ limit: 10 });
    assert.deepEqual(more, []);
    assert.deepEqual(
      [row!.times, row!.request, row!.firstAt, row!.lastAt],
      [7, 'late', '2026-05-04T10:00:00.500Z', '2026-05-04T10:00:50.000Z'],
    );
  });

  it('takes batches that overlap at once', async () => {
    const other = await test.another({ opens: [] });
    const batch = (): readonly DoorRefusal[] =>
      Array.from({ length: 50 }, (_, number) =>
        refusal({ who: `address:10.0.0.${number}`, minute: '2026-05-04T10:02:00.000Z' }),
      );
    await Promise.all(
      Array.from({ length: 10 }, (_, round) =>
        (round % 2 ? test.ledger : other).door.refuse(round % 3 ? batch() : [...batch()].reverse()),
      ),
    );
    const rows = (await other.door.refusals({ limit: 500 })).filter(({ who }) => who.startsWith('address:'));
    assert.equal(rows.length, 50);
    for (const { times } of rows) assert.equal(times, 10);
  });

  it('finds them by who and why, newest first, page by page', async () => {
    for (const minute of ['2026-05-04T10:03:00.000Z', '2026-05-04T10:04:00.000Z'])
      await test.ledger.door.refuse([refusal({ minute, who: 'casey' }), refusal({ minute, code: 'GATE_REQUESTER' })]);
    const { door } = test.ledger;
    assert.equal((await door.refusals({ limit: 10, who: 'casey' })).length, 2);
    assert.equal((await door.refusals({ limit: 10, who: 'casey', code: 'GATE_REQUESTER' })).length, 0);
    const [newest, ...rest] = await door.refusals({ limit: 1, code: 'GATE_REQUESTER' });
    assert.deepEqual([newest!.minute, rest.length], ['2026-05-04T10:04:00.000Z', 0]);
    const [older] = await door.refusals({ limit: 5, code: 'GATE_REQUESTER', before: newest!.id });
    assert.equal(older!.minute, '2026-05-04T10:03:00.000Z');
  });

  it('binds a key to what was asked, per requester', async () => {
    const { door } = test.ledger;
    await door.takeKey('casey', 'k', 'a');
    await door.takeKey('casey', 'k', 'a');
    await assert.rejects(door.takeKey('casey', 'k', 'b'), { code: 'INCIDENT_KEY_REUSED' });
    await door.takeKey('dana', 'k', 'b');
  });

  it('forgets what is old, and nothing else', async () => {
    await test.raw.query(
      "insert into door_requests (requester, key, request_hash, at) values ('x', 'old', 'h', now() - interval '31 days')",
    );
    await test.ledger.door.refuse([refusal({ minute: '2020-01-01T00:00:00.000Z', who: 'ancient' })]);
    await test.ledger.door.forget();
    await test.ledger.door.takeKey('x', 'old', 'another');
    await assert.rejects(test.ledger.door.takeKey('casey', 'k', 'b'), { code: 'INCIDENT_KEY_REUSED' });
    assert.deepEqual(await test.ledger.door.refusals({ limit: 5, who: 'ancient' }), []);
    assert.ok((await test.ledger.door.refusals({ limit: 5, who: 'casey' })).length > 0);
  });
});
