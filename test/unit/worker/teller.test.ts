import assert from 'node:assert/strict';
import { pino } from 'pino';
import { teller } from '../../../worker/teller.ts';
import type { CallContext } from '../../../contracts/effects.ts';
import type { RunningCapability } from '../../../activities/port.ts';

const call = { incident: 'INC-2026-0001', step: 'clock-gdpr' } as CallContext;

/** Tells by a capability that reaches these, or fails. */
function telling(tell: (() => Promise<readonly string[]>) | undefined): Promise<readonly string[]> {
  const running = new Map(tell ? [['people', { tell } as unknown as RunningCapability]] : []);
  return teller(running, pino({ level: 'silent' })).tell(call, ['priya', 'ada'], 'OVERDUE', 2);
}

describe('teller', () => {
  it('says who was reached', async () => {
    assert.deepEqual(await telling(async () => ['ada']), ['ada']);
  });

  it('has a wake-up tried again that reached nobody, or failed', async () => {
    const again = { code: 'PEOPLE_PAGE_FAILED' };
    await assert.rejects(
      telling(async () => []),
      again,
    );
    await assert.rejects(
      telling(() => Promise.reject(new Error('no mail server'))),
      again,
    );
  });

  it('tries nothing where nothing can tell people', async () => {
    assert.deepEqual(await telling(undefined), []);
  });
});
