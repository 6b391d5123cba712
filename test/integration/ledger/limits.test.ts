import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Lease } from '../../../ledger/ports.ts';
import { openTestLedger, type TestLedger } from './open-test-ledger.ts';

const lease = (id: string): Lease => ({ id, epoch: 1, permit: 'permit' });

describe('limits', () => {
  let test: TestLedger;

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  describe('when pages reserve', () => {
    it('grants each page once, and in all exactly what the limit allows', async () => {
      const { effects } = test.ledger;
      await effects.setLimit(test.incident, 'all', 6_123);
      const pages = Array.from({ length: 16 }, (_, page) => lease(`all-${page}`));
      const twice = [...pages, ...pages].map(async (page) => ({
        id: page.id,
        granted: await effects.reserve(page, test.incident, 'all', 500),
      }));
      const grants = await Promise.all(twice);
      const byPage = new Map(grants.map(({ id, granted }) => [id, granted]));
      assert.equal(
        [...byPage.values()].reduce((sum, granted) => sum + granted, 0),
        6_123,
      );
      for (const { id, granted } of grants) assert.equal(granted, byPage.get(id), 'a repeat reads the first answer');
    });

    it('gives back what a page asks less of, to the next page', async () => {
      const { effects } = test.ledger;
      await effects.setLimit(test.incident, 'back', 100);
      assert.equal(await effects.reserve(lease('back-1'), test.incident, 'back', 80), 80);
      assert.equal(await effects.reserve(lease('back-2'), test.incident, 'back', 80), 20);
      assert.equal(await effects.reserve(lease('back-1'), test.incident, 'back', 30), 30);
      assert.equal(await effects.reserve(lease('back-2'), test.incident, 'back', 80), 70);
    });

    it('goes on where a page ended once the limit is raised', async () => {
      const { effects } = test.ledger;
      await effects.setLimit(test.incident, 'raised', 10);
      assert.equal(await effects.reserve(lease('raised-1'), test.incident, 'raised', 50), 10);
      await effects.setLimit(test.incident, 'raised', 40);
      assert.equal(await effects.reserve(lease('raised-1'), test.incident, 'raised', 50), 40);
    });

    it('grants everything where there is no limit', async () => {
      assert.equal(await test.ledger.effects.reserve(lease('free'), test.incident, 'free', 77), 77);
    });
  });

  describe('when workers take tokens', () => {
    const slow = { ratePerSecond: 0.001, capacity: 50 }; // refills one token in 17 minutes: none during the test

    it('never grants more than the bucket holds, to however many sessions', async () => {
      const takes = Array.from({ length: 40 }, () => test.ledger.effects.takeTokens('shared', 3, slow));
      const granted = (await Promise.all(takes)).map((take) => take.granted);
      assert.equal(
        granted.reduce((sum, tokens) => sum + tokens, 0),
        50,
      );
    });

    it('says how long until the next token', async () => {
      const bucket = { ratePerSecond: 1, capacity: 1 };
      assert.deepEqual(await test.ledger.effects.takeTokens('next', 1, bucket), { granted: 1, waitMs: 0 });
      const { granted, waitMs } = await test.ledger.effects.takeTokens('next', 1, bucket);
      assert.equal(granted, 0);
      assert.ok(waitMs > 0 && waitMs <= 1_000, `waits ${waitMs} ms`);
    });

    it('gives nobody a token before the provider lets us', async () => {
      await test.ledger.effects.blockBucket('blocked', 300);
      const blocked = await test.ledger.effects.takeTokens('blocked', 1, { ratePerSecond: 1_000, capacity: 10 });
      assert.equal(blocked.granted, 0);
      assert.ok(blocked.waitMs > 0 && blocked.waitMs <= 300, `waits ${blocked.waitMs} ms`);
      await pause(blocked.waitMs + 1);
      const after = await test.ledger.effects.takeTokens('blocked', 1, { ratePerSecond: 1_000, capacity: 10 });
      assert.equal(after.granted, 1);
    });

    it('keeps the longer of two blocks', async () => {
      await test.ledger.effects.blockBucket('longer', 60_000);
      await test.ledger.effects.blockBucket('longer', 10);
      const { waitMs } = await test.ledger.effects.takeTokens('longer', 1, { ratePerSecond: 1_000, capacity: 10 });
      assert.ok(waitMs > 50_000, `waits ${waitMs} ms`);
    });
  });
});
