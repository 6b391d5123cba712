import assert from 'node:assert/strict';
import { actionCall, attempt, openPermit } from '../../support/page-calls.ts';
import { ConnectionSlots } from '../../../activities/effects/connection-slots.ts';
import { memoryHouse } from '../../support/memory-house.ts';
import { openTestLedger, type TestLedger } from '../ledger/open-test-ledger.ts';
import { pagePeople, type Pager } from '../../../activities/people/page.ts';
import { runSingle } from '../../../activities/single-effect.ts';
import type { ActionResult } from '../../../contracts/effects.ts';
import type { Mail } from '../../../activities/notices/mailer.ts';
import type { StepId } from '../../../contracts/ids.ts';

describe('single effects, killed', () => {
  let house: TestLedger;

  before(async () => {
    house = await openTestLedger();
  });
  after(() => house.close());

  /** Attempts of `people.page` in one visit; `dies` says at which mail the worker is killed. */
  async function pages(step: string, visit: number, dies: (mail: number) => boolean) {
    const { ledger, incident } = house;
    const to: string[] = [];
    const mailer = {
      slots: new ConnectionSlots(2),
      close: () => undefined,
      send: (mail: Mail) => {
        to.push(mail.to.split('@')[0]!);
        return dies(to.length)
          ? Promise.reject(new Error('killed'))
          : Promise.resolve({ end: 'accepted' as const, receipt: {} });
      },
    };
    const pager: Pager = { mailer, from: 'pages@example.org', environment: memoryHouse({ incident }).environment };
    const call = actionCall('people.page', {
      incident,
      step: step as StepId,
      visit,
      with: { of: 'commander', text: 'Wake up' },
      roles: { commander: ['alice', 'bob', 'carol'] },
    });
    await openPermit(ledger, call);
    const { firstScheduledMs } = attempt();
    const page = (): Promise<ActionResult> => {
      const one = attempt({ firstScheduledMs });
      return pagePeople({ ledger, attempt: () => one, attemptNumber: () => 1 }, pager, call);
    };
    return { to, page };
  }

  it('wakes the others after a kill while one was mailed', async () => {
    const { to, page } = await pages('wake', 1, (mail) => mail === 1);
    await assert.rejects(page(), { message: 'killed' });
    assert.deepEqual(await page(), {
      outputs: { reached: 2 },
      openItems: ['alice could not be woken (EFFECT_ATTEMPT_LOST).'],
    });
    assert.deepEqual(to, ['alice', 'bob', 'carol']);
  });

  it('mails nobody twice in a later visit, however often it is killed', async () => {
    const { to, page } = await pages('wake-again', 2, (mail) => mail < 4);
    for (let kill = 0; kill < 3; kill += 1) await assert.rejects(page(), { message: 'killed' });
    await assert.rejects(page(), { code: 'PEOPLE_PAGE_FAILED' });
    assert.deepEqual(to, ['alice', 'bob', 'carol']);
  });

  it('acts once more in a later visit on what an earlier one left unknown, and not again after a kill', async () => {
    const { ledger, incident } = house;
    const keys: string[] = [];
    const run = async (visit: number, firstScheduledMs: number): Promise<unknown> => {
      const call = actionCall('tickets.open', { incident, step: 'ticket' as StepId, visit });
      await openPermit(ledger, call);
      const one = attempt({ firstScheduledMs });
      return runSingle({ ledger, attempt: () => one, attemptNumber: () => 1 }, call, {
        ...{ action: 'tickets.open', subject: 'ticket', class: 'blind', params: {}, longestRequestMs: 0 },
        act: (key) => {
          keys.push(key);
          return Promise.reject(new Error('killed'));
        },
      });
    };
    const first = attempt().firstScheduledMs;
    await assert.rejects(run(1, first), { message: 'killed' });
    await assert.rejects(run(1, first), { code: 'EFFECT_ATTEMPT_LOST' });
    const second = attempt().firstScheduledMs;
    await assert.rejects(run(2, second), { message: 'killed' });
    await assert.rejects(run(2, second), { code: 'EFFECT_ATTEMPT_LOST' });
    await assert.rejects(run(2, second), { code: 'EFFECT_ATTEMPT_LOST' });
    assert.equal(new Set(keys).size, 2);
    assert.equal(keys.length, 2);
  });
});
