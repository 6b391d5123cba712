import assert from 'node:assert/strict';
import { openRequest, openTestLedger, type TestLedger } from './open-test-ledger.ts';

describe('peopleStore', () => {
  let test: TestLedger;

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  it('enters people for a process that may not open them, each once under the pseudonym that datasets use', async () => {
    const privileged = await test.another({ opens: ['secrets'] });
    const subjects = await privileged.people.enter(test.incident, ['person-1', 'person-2', 'person-1']);
    assert.equal(subjects.size, 2);
    const subject = subjects.get('person-1')!;
    assert.equal(subject, await test.ledger.incidents.personSubject(test.incident, 'person-1'));
    assert.deepEqual(await privileged.people.enter(test.incident, ['person-1']), new Map([['person-1', subject]]));
    await assert.rejects(privileged.people.idsOf(test.incident, [subject]), { code: 'LEDGER_KEY_WITHHELD' });
    const mail = await test.another({ opens: ['people'] });
    assert.deepEqual(await mail.people.idsOf(test.incident, [subject, 'nobody']), new Map([[subject, 'person-1']]));
  });

  it('holds no id that anyone could read in the database', async () => {
    await test.ledger.people.enter(test.incident, ['person-in-clear']);
    const { rows } = await test.raw.query('select subject, sealed from people');
    assert.ok(rows.length > 0);
    for (const { subject, sealed } of rows as readonly { subject: string; sealed: Buffer }[])
      assert.ok(!`${subject} ${sealed.toString('latin1')}`.includes('person-in-clear'));
  });

  it('opens an id under its own pseudonym only', async () => {
    const subjects = await test.ledger.people.enter(test.incident, ['left', 'right']);
    const [left, right] = [subjects.get('left')!, subjects.get('right')!];
    await test.raw.query(
      'update people set sealed = (select sealed from people where subject = $2) where subject = $1',
      [...[left, right]],
    );
    await assert.rejects(test.ledger.people.idsOf(test.incident, [left]));
  });

  it('keeps incidents apart, and names nobody once the people’s key is destroyed', async () => {
    const { incident } = await test.ledger.incidents.open(openRequest());
    const subject = (await test.ledger.people.enter(incident, ['person-1'])).get('person-1')!;
    assert.equal((await test.ledger.people.idsOf(test.incident, [subject])).size, 0);
    await test.ledger.incidents.destroyKeys(incident, 'people');
    await assert.rejects(test.ledger.people.idsOf(incident, [subject]), { code: 'LEDGER_KEY_DESTROYED' });
    await assert.rejects(test.ledger.people.enter(incident, ['person-2']), { code: 'LEDGER_KEY_DESTROYED' });
  });
});
