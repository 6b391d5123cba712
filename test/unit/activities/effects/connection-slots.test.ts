import assert from 'node:assert/strict';
import { ConnectionSlots } from '../../../../activities/effects/connection-slots.ts';

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
    const held = await slots.take(never);
    let isGiven = false;
    const second = slots.take(never).then(() => (isGiven = true));
    await new Promise(setImmediate);
    assert.equal(isGiven, false);
    held?.();
    assert.equal(await second, true);
  });

  it('passes over a page that was stopped meanwhile', async () => {
    const slots = new ConnectionSlots(1);
    const giveBack = await slots.take(never);
    const stop = new AbortController();
    const stopped = slots.take(stop.signal);
    const next = slots.take(never);
    stop.abort();
    giveBack?.();
    assert.equal(await stopped, undefined);
    assert.ok(await next);
  });

  it('gives nothing to a page that was stopped before it asked', async () => {
    const slots = new ConnectionSlots(1);
    assert.equal(await slots.take(AbortSignal.abort()), undefined);
    assert.ok(await slots.take(never));
  });
});
