import assert from 'node:assert/strict';
import { actionCall, openPermit, testIncident } from '../../../support/page-calls.ts';
import { ConnectionSlots } from '../../../../activities/effects/connection-slots.ts';
import { memoryHouse, type MemoryHouse } from '../../../support/memory-house.ts';
import { pagePeople, tellStaff, type Pager } from '../../../../activities/people/page.ts';
import type { ActionCall } from '../../../../contracts/effects.ts';
import type { Delivery } from '../../../../activities/notices/delivery.ts';
import type { Mail } from '../../../../activities/notices/mailer.ts';

const accepted: Delivery = { end: 'accepted', receipt: { reply: 250 } };

function stage(answer: (to: string) => Delivery = () => accepted): {
  house: MemoryHouse;
  mails: Mail[];
  pager: Pager;
} {
  const house = memoryHouse({ incident: testIncident });
  const mails: Mail[] = [];
  const mailer = {
    slots: new ConnectionSlots(2),
    send: (mail: Mail) => {
      mails.push(mail);
      return Promise.resolve(answer(mail.to));
    },
    close: () => undefined,
  };
  return { house, mails, pager: { mailer, from: 'Pages <pages@example.org>', environment: house.environment } };
}

async function pageOf(house: MemoryHouse, people: readonly string[], changes: Partial<ActionCall> = {}) {
  const call = actionCall('people.page', {
    with: { of: 'commander', text: 'Wake up' },
    roles: { commander: people },
    ...changes,
  });
  await openPermit(house.ledger, call);
  return call;
}

describe('tellStaff', () => {
  it('mails everyone who is in the staff file, and says who that was', async () => {
    const { mails, pager } = stage();
    const told = await tellStaff(pager, ['alice', 'nobody', 'bob'], 'A gate is open', { incident: testIncident });
    assert.deepEqual(told, ['alice', 'bob']);
    assert.deepEqual(
      mails.map(({ to }) => to),
      ['alice@staff.example.org', 'bob@staff.example.org'],
    );
    assert.equal(mails[0]?.subject, `[${testIncident}] A gate is open`);
    assert.equal(mails[0].returnPath, 'pages@example.org');
  });

  it('rings the out-of-band address too once nobody has answered', async () => {
    const { mails, pager } = stage();
    const { environment } = pager;
    const staff = (id: string) => ({ ...environment.staff(id)!, outOfBand: `${id}@phone.example.net` });
    const ring = (isUrgent: boolean) =>
      tellStaff({ ...pager, environment: { ...environment, staff } }, ['alice'], 'A gate is open', {
        ...{ incident: testIncident, key: `k-${isUrgent}`, isUrgent },
      });
    assert.deepEqual(await ring(false), ['alice']);
    assert.deepEqual(await ring(true), ['alice']);
    assert.deepEqual(
      mails.map(({ to }) => to),
      ['alice@staff.example.org', 'alice@staff.example.org', 'alice@phone.example.net'],
    );
    assert.equal(new Set(mails.map(({ messageId }) => messageId)).size, 3);
  });

  it('writes a line for the operator where no mail server is configured', async () => {
    const { house, pager } = stage();
    const token = ['hf', 'x'.repeat(34)].join('_');
    const told = await tellStaff({ ...pager, mailer: undefined }, ['alice'], `Look: ${token}`, {
      incident: testIncident,
    });
    assert.deepEqual(told, ['alice']);
    assert.deepEqual(house.lines, [`page for alice (${testIncident}): Look: [credential removed]`]);
  });
});

describe('pagePeople', () => {
  it('wakes everyone of the role once, however often it is asked', async () => {
    const { house, mails, pager } = stage();
    const call = await pageOf(house, ['alice', 'bob']);
    assert.deepEqual((await pagePeople(house.runtime, pager, call)).outputs, { reached: 2 });
    assert.deepEqual((await pagePeople(house.runtime, pager, call)).outputs, { reached: 2 });
    assert.equal(mails.length, 2);
  });

  it('wakes the others where one cannot be reached', async () => {
    const { house, pager } = stage((to) =>
      to.startsWith('bob') ? { end: 'refused', code: 'NOTICE_UNREACHABLE', receipt: {} } : accepted,
    );
    const { outputs, openItems } = await pagePeople(house.runtime, pager, await pageOf(house, ['bob', 'alice']));
    assert.deepEqual(outputs, { reached: 1 });
    assert.deepEqual(openItems, ['bob could not be woken (NOTICE_UNREACHABLE).']);
  });

  it('asks to be run again where nobody was reached', async () => {
    const { house, pager } = stage(() => ({ end: 'deferred', code: 'CONNECTOR_UNREACHABLE', waitMs: 1, receipt: {} }));
    const call = await pageOf(house, ['alice']);
    await assert.rejects(pagePeople(house.runtime, pager, call), { code: 'PEOPLE_PAGE_FAILED' });
  });

  it('wakes nobody in a drill', async () => {
    const { house, mails, pager } = stage();
    const call = await pageOf(house, ['alice'], { mode: 'drill' });
    assert.deepEqual((await pagePeople(house.runtime, pager, call)).outputs, { reached: 0 });
    assert.deepEqual(mails, []);
  });

  it('refuses a role that nobody has', async () => {
    const { house, pager } = stage();
    await assert.rejects(pagePeople(house.runtime, pager, await pageOf(house, [])), { code: 'PEOPLE_ROLE_EMPTY' });
  });
});
