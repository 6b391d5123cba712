import assert from 'node:assert/strict';
import { alternate, median, medianOf, percentile, ratioOf, round, timeOf } from '../../../bench/support/statistics.ts';

describe('median', () => {
  it('is the value in the middle, whatever the order', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([10, 9, 100]), 10, 'numbers are not compared as texts');
    assert.equal(median([4, 2, 3, 1]), 3);
  });

  it('leaves the values as they were', () => {
    const values = [3, 1, 2];
    median(values);
    assert.deepEqual(values, [3, 1, 2]);
  });

  it('refuses to say anything of nothing', () => {
    assert.throws(() => median([]), RangeError);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

  it('is the value that the share does not exceed', () => {
    assert.deepEqual(
      [0, 0.5, 0.95, 1].map((share) => percentile(hundred, share)),
      [1, 51, 96, 100],
    );
    assert.equal(percentile([7], 0.95), 7);
  });

  it('refuses a share that is none', () => {
    for (const share of [-0.1, 1.1, Number.NaN]) assert.throws(() => percentile(hundred, share), RangeError);
  });
});

describe('alternate', () => {
  it('measures each contender once a round and turns the order round', async () => {
    const order: string[] = [];
    const contender = (name: string, figure: number) => () => {
      order.push(name);
      return Promise.resolve(figure + order.length);
    };
    const pairs = await alternate(3, { raw: contender('raw', 100), engine: contender('engine', 200) });
    assert.deepEqual(order, ['raw', 'engine', 'engine', 'raw', 'raw', 'engine']);
    assert.deepEqual(pairs, [
      { raw: 101, engine: 202 },
      { engine: 203, raw: 104 },
      { raw: 105, engine: 206 },
    ]);
  });

  it('fails where a contender fails', async () => {
    const failing = { raw: () => Promise.resolve(1), engine: () => Promise.reject(new Error('lost')) };
    await assert.rejects(alternate(1, failing), /lost/);
  });
});

describe('ratioOf', () => {
  const pairs = [
    { raw: 100, engine: 50 },
    { raw: 10, engine: 9 },
    { raw: 100, engine: 80 },
  ];

  it('is the median of the ratios within the pairs, not the ratio of the medians', () => {
    assert.equal(ratioOf(pairs, 'engine', 'raw'), 0.8);
    assert.equal(medianOf(pairs, 'engine') / medianOf(pairs, 'raw'), 0.5);
  });
});

describe('round', () => {
  it('keeps significant digits', () => {
    assert.deepEqual([round(0.000123456), round(1234.5), round(0.98765, 2), round(0)], [0.000123, 1230, 0.99, 0]);
  });
});

describe('timeOf', () => {
  it('waits for the end of what it times', async () => {
    let isOver = false;
    const ms = await timeOf(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      isOver = true;
    });
    assert.ok(isOver);
    assert.ok(ms >= 19, `${ms} ms`); // timers may fire up to a millisecond early
  });
});
