import assert from 'node:assert/strict';
import { ConnectionSlots } from '../../../../activities/notices/connection-slots.ts';

const never = new AbortController().signal;

describe('ConnectionSlots', () => {
  it('never gives out more than there are, in the order they were asked for', async () => {
    const slots = new ConnectionSlots(4);
    const order: number[] = [];
    let out = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const giveBack = await slots.take(never);
        order.push(index);
        out += 1;
        most = Math.max(most, out);
        await new Promise(setImmediate);
        out -= 1;
        giveBack?.();
        giveBack?.();
      }),
    );
    assert.deepEqual(
      order,
      [...order].sort((left, right) => left - right),
    );
    assert.equal(most, 4);
  });

  it('counts a connection that is given back twice once', async () => {
    const slots = new ConnectionSlots(1);
    const giveBack = await slots.take(never);
    giveBack?.();
    giveBack?.();
    assert.ok(await slots.take(never));
    const stop = new AbortController();
    const second = slots.take(stop.signal);
    stop.abort();
    assert.equal(await second, undefined);
  });

  it('ends the wait of a page that was stopped, and keeps the turn for the next', async () => {
    const slots = new ConnectionSlots(1);
    const giveBack = await slots.take(never);
    const stop = new AbortController();
    const stopped = slots.take(stop.signal);
    const next = slots.take(never);
    stop.abort();
    assert.equal(await stopped, undefined);
    giveBack?.();
    assert.ok(await next);
  });

  it('gives nothing to a page that was stopped before it asked', async () => {
    const stop = AbortSignal.abort();
    assert.equal(await new ConnectionSlots(1).take(stop), undefined);
  });
});
