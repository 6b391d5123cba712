import assert from 'node:assert/strict';
import { Lanes } from '../../../gateway/lanes.ts';

describe('Lanes', () => {
  it('lets few of a key through at a time, in order, and hands on the place of one that fails', async () => {
    const lanes = new Lanes(2);
    const started: number[] = [];
    let [running, most] = [0, 0];
    const work = async (n: number): Promise<number> => {
      started.push(n);
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (n === 1) throw new Error('refused');
      return n;
    };
    const ended = await Promise.allSettled([0, 1, 2, 3, 4].map((n) => lanes.run('a', () => work(n))));
    assert.equal(most, 2);
    assert.deepEqual(started, [0, 1, 2, 3, 4]);
    assert.deepEqual(
      ended.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
    );
  });

  it('keeps keys apart', async () => {
    const lanes = new Lanes(1);
    let free: () => void = () => undefined;
    const first = lanes.run('a', () => new Promise<void>((resolve) => (free = resolve)));
    assert.equal(await lanes.run('b', () => Promise.resolve('done')), 'done');
    free();
    await first;
    assert.equal(await lanes.run('a', () => Promise.resolve('again')), 'again');
  });
});
