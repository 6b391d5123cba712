import assert from 'node:assert/strict';
import { intentStatements } from '../../../ledger/intents.ts';
import { turnStatements } from '../../../ledger/turns.ts';
import { openTestLedger, type TestLedger } from './open-test-ledger.ts';

const LONG_MS = 60_000;
const SHORT_MS = 50;
const AT = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;

describe('what one gateway at a time does', function () {
  this.timeout(60_000);
  let test: TestLedger;

  before(async () => {
    test = await openTestLedger();
  });
  after(() => test.close());

  describe('turns', () => {
    it('are one holder’s, who keeps them by asking again', async () => {
      const { turns } = test.ledger;
      const asked = await Promise.all(['a', 'b', 'c'].map((holder) => turns.take('one', holder, LONG_MS)));
      assert.equal(asked.filter(Boolean).length, 1);
      const holder = ['a', 'b', 'c'][asked.indexOf(true)]!;
      assert.equal(await turns.take('one', holder, LONG_MS), true);
      assert.equal(await turns.take('one', 'd', LONG_MS), false);
      assert.equal(await turns.take('another', 'd', LONG_MS), true);
    });

    it('pass to another when their time is over, or when they are given back', async () => {
      const { turns } = test.ledger;
      assert.equal(await turns.take('short', 'a', SHORT_MS), true);
      await new Promise((resolve) => setTimeout(resolve, 2 * SHORT_MS));
      assert.equal(await turns.take('short', 'b', LONG_MS), true);
      await turns.give('short', 'a'); // not the holder any more
      assert.equal(await turns.take('short', 'a', LONG_MS), false);
      await turns.give('short', 'b');
      assert.equal(await turns.take('short', 'a', LONG_MS), true);
    });
  });

  describe('intents', () => {
    it('wait, oldest first and each once, until they are settled; then what they said is gone', async () => {
      const { intents } = test.ledger;
      const press = { person: 'casey', key: 'press', act: 'press', body: { i: 'INC-2026-0001' }, at: AT(1) };
      await intents.keep(press);
      await intents.keep({ person: 'noor', key: 'press', act: 'press', body: {}, at: AT(2) });
      assert.deepEqual(
        (await intents.waiting(10)).map(({ person }) => person),
        ['casey', 'noor'],
      );
      await intents.settle(press, 'done');
      assert.deepEqual(
        (await intents.waiting(10)).map(({ person }) => person),
        ['noor'],
      );
      const { rows } = await test.raw.query('select body, outcome from intents where person = $1', ['casey']);
      assert.deepEqual(rows, [{ body: null, outcome: 'done' }]);
      await intents.keep({ ...press, at: AT(3) });
      const again = await intents.waiting(10);
      assert.deepEqual(again.map(({ person, body }) => [person, body]).at(-1), ['casey', press.body]);
    });

    it('hold the newest word of a key, whichever comes first, and no settling of the older one ends it', async () => {
      const { intents } = test.ledger;
      const word = (answer: string, second: number) => ({
        ...{ person: 'priya', key: 'press', act: 'press', body: { answer }, at: AT(second) },
      });
      const waits = async () => (await intents.waiting(50)).filter(({ person }) => person === 'priya');
      await intents.keep(word('approve', 10));
      await intents.keep(word('reject', 12));
      await intents.keep(word('approve', 11)); // pressed before, kept after
      assert.deepEqual(await waits(), [word('reject', 12)]);
      await intents.settle(word('approve', 11), 'done');
      assert.deepEqual(await waits(), [word('reject', 12)]);
      await intents.settle(word('reject', 12), 'done');
      await intents.keep(word('approve', 11));
      assert.deepEqual(await waits(), []);
    });

    it('are delivered commands first', async () => {
      const { intents } = test.ledger;
      await intents.keep({ person: 'lee', key: 'press', act: 'press', body: {}, at: AT(0) });
      await intents.keep({ person: 'lee', key: 'command', act: 'command', body: {}, at: AT(59) });
      assert.deepEqual(
        (await intents.waiting(2)).map(({ key, at }) => [key, at]),
        [
          ['command', AT(59)],
          ['press', AT(0)],
        ],
      );
    });

    it('are deleted thirty days after they were settled, and not while they wait', async () => {
      const { intents } = test.ledger;
      for (const person of ['old', 'new', 'waits']) {
        const intent = { person, key: 'k', act: 'press', body: {}, at: AT(0) };
        await intents.keep(intent);
        if (person !== 'waits') await intents.settle(intent, 'done');
      }
      await test.raw.query("update intents set settled_at = now() - interval '31 days' where person = 'old'");
      await intents.forget();
      const { rows } = await test.raw.query("select person from intents where key = 'k' order by person");
      assert.deepEqual(rows, [{ person: 'new' }, { person: 'waits' }]);
    });
  });

  it('find their rows by an index', async () => {
    await test.raw.query('set plan_cache_mode = force_generic_plan; set enable_seqscan = off');
    const { waiting, settle } = intentStatements;
    for (const [name, text] of Object.entries({ waiting, settle, give: turnStatements.give })) {
      await test.raw.query(`prepare asked as ${text}`);
      const { rows: types } = await test.raw.query<{ parameter_types: string[] }>(
        "select parameter_types::text[] from pg_prepared_statements where name = 'asked'",
      );
      const nulls = types[0]!.parameter_types.map(() => 'null').join(', ');
      const plan = await test.raw.query<{ 'QUERY PLAN': string }>(`explain execute asked(${nulls})`);
      const lines = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
      assert.match(lines, /Index/, `${name}\n${lines}`);
      assert.doesNotMatch(lines, /Seq Scan/, name);
      await test.raw.query('deallocate asked');
    }
  });
});
