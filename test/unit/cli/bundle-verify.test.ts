import assert from 'node:assert/strict';
import { headwayLine } from '../../../cli/bundle-verify.ts';

describe('headwayLine', () => {
  function line(): {
    readonly at: (ms: number, read: number, size?: number) => void;
    readonly written: string[];
  } & Pick<ReturnType<typeof headwayLine>, 'clear'> {
    let nowMs = 0;
    const written: string[] = [];
    const { show, clear } = headwayLine(
      (text) => written.push(text),
      () => nowMs,
    );
    return {
      written,
      clear,
      at: (ms, read, size = 1_000) => {
        nowMs = ms;
        show({ read, size, records: read * 10 });
      },
    };
  }

  it('says once a second how far it is and how long it takes, on one line that it clears at the end', () => {
    const { at, clear, written } = line();
    for (const ms of [500, 1_000, 1_500, 1_999, 2_000]) at(ms, ms / 10);
    clear();
    const [first, second] = [
      '10 % verified, 1000 records, about 9 s left',
      '20 % verified, 2000 records, about 8 s left',
    ];
    assert.deepEqual(written, [`\r${first}`, `\r${second}`, `\r${' '.repeat(second.length)}\r`]);
  });

  it('covers what it said before where that was longer', () => {
    const { at, written } = line();
    at(1_000, 1);
    at(2_000, 999);
    assert.ok(written[1]!.length >= written[0]!.length);
  });

  it('says nothing where it is soon over, or where nobody knows how much there is', () => {
    const { at, clear, written } = line();
    at(999, 500);
    at(5_000, 500, 0);
    clear();
    assert.deepEqual(written, []);
  });
});
