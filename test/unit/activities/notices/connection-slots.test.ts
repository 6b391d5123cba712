import assert from 'node:assert/strict';
import { ConnectionSlots } from '../../../../activities/notices/connection-slots.ts';

const never = new AbortController().signal;

describe('ConnectionSlots', () => {
  it('gives a page all that is free, and no more than it wants', async () => {
    const slots = new ConnectionSlots(20);
    assert.equal((await slots.take(5, never)).connections, 5);
    assert.equal((await slots.take(500, never)).connections, 15);
  });

  it('lets pages wait in order, and never gives out more than there are', async () => {
    const slots = new ConnectionSlots(4);
    let out = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const share = await slots.take(3, never);
        order.push(index);
        out += share.connections;
        most = Math.max(most, out);
        await new Promise(setImmediate);
        out -= share.connections;
        share.release();
        share.release();
      }),
    );
    assert.deepEqual(
      order,
      [...order].sort((left, right) => left - right),
    );
    assert.equal(most, 4);
    assert.equal((await slots.take(9, never)).connections, 4, 'all are back, each once');
  });

  it('ends the wait of a page that was stopped, and keeps its turn for the next', async () => {
    const slots = new ConnectionSlots(1);
    const held = await slots.take(1, never);
    const stop = new AbortController();
    const stopped = slots.take(1, stop.signal);
    const next = slots.take(1, never);
    stop.abort();
    (await stopped).release();
    held.release();
    assert.equal((await next).connections, 1);
  });
});
