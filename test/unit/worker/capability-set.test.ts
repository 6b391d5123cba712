import assert from 'node:assert/strict';
import { needsSecrets, parseQueues } from '../../../worker/capability-set.ts';

describe('needsSecrets', () => {
  const cases = [
    { capability: 'credentials', queues: ['privileged'], needs: true },
    { capability: 'credentials', queues: ['mail'], needs: false },
    { capability: 'notices', queues: ['mail'], needs: true },
    { capability: 'notices', queues: ['engine', 'privileged'], needs: false },
    { capability: 'chat', queues: ['engine'], needs: true },
    { capability: 'credentials', queues: [], needs: false },
  ] as const;
  for (const { capability, queues, needs } of cases) {
    it(`${needs ? 'gives' : 'withholds'} those of ${capability} ${needs ? 'to' : 'from'} ${queues.join(' and ') || 'a door'}`, () => {
      assert.equal(needsSecrets(capability, queues), needs);
    });
  }
});

describe('parseQueues', () => {
  it('reads a list', () => {
    assert.deepEqual(parseQueues('mail, engine'), ['engine', 'mail']);
  });

  it('refuses a queue that there is not', () => {
    assert.throws(() => parseQueues('engine,post'), { code: 'STACK_ROLE_UNKNOWN' });
  });
});
