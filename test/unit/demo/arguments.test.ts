import assert from 'node:assert/strict';
import { readArguments } from '../../../demo/arguments.ts';

describe('readArguments', () => {
  it('reads what is asked for, and has a size of its own', () => {
    assert.deepEqual(readArguments(['--yes', '--tokens', '2000', '--people', '1500', '--kill-worker-at', '400']), {
      ...{ tokens: 2000, people: 1500, seed: 1, yes: true, json: false, keep: false, record: undefined, killAt: 400 },
      trigger: 'api',
    });
    assert.equal(readArguments([])?.tokens, 200);
    assert.equal(readArguments(['--help']), undefined);
  });

  for (const argv of [
    ['--nope'],
    ['--seed', '-1'],
    ['--tokens', '1e3'],
    ['--tokens', '0'],
    ['--tokens', '5', '--people', '6'],
    ['stray'],
  ])
    it(`refuses ${argv.join(' ')} with a code`, () => {
      assert.throws(() => readArguments(argv), { code: 'DEMO_ARGUMENT_INVALID' });
    });
});
