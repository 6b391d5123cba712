import assert from 'node:assert/strict';
import type { Digest, IncidentId } from '../../../contracts/ids.ts';
import { openRequest, openTestLedger, TEST_KEY, type TestLedger } from './open-test-ledger.ts';

describe('incidentStore', () => {
  let test: TestLedger;

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  describe('when the same request is delivered many times at once', () => {
    it('opens one incident, and tells all but one that they joined', async () => {
      const request = openRequest();
      const processes = [test.ledger, await test.another()];
      const deliveries = Array.from({ length: 20 }, (_, index) => processes[index % 2]!.incidents.open(request));
      const answers = await Promise.all(deliveries);
      assert.equal(new Set(answers.map(({ incident }) => incident)).size, 1);
      assert.equal(answers.filter(({ joined }) => !joined).length, 1);
      assert.equal((await test.ledger.journal.head(answers[0]!.incident))?.seq, 1);
    });

    it('refuses the key for another request, and lets another requester use it', async () => {
      const request = openRequest();
      const { incident } = await test.ledger.incidents.open(request);
      const otherwise = { ...request, requestHash: 'cd'.repeat(32) as Digest };
      await assert.rejects(test.ledger.incidents.open(otherwise), { code: 'INCIDENT_KEY_REUSED' });
      const { incident: other, joined } = await test.ledger.incidents.open({ ...request, requester: 'bob' });
      assert.deepEqual([other === incident, joined], [false, false]);
    });
  });

  it('numbers live incidents and drills of a year each without gaps', async () => {
    const fresh = await openTestLedger();
    const year = new Date().getUTCFullYear();
    const open = async (mode: 'live' | 'drill'): Promise<IncidentId> =>
      (await fresh.ledger.incidents.open(openRequest({ mode }))).incident;
    const request = openRequest({ key: 'joined' });
    await Promise.all([request, request, request].map((same) => fresh.ledger.incidents.open(same)));
    const drill = await open('drill');
    const live = await open('live');
    await fresh.close();
    assert.deepEqual([drill, live], [`DRL-${year}-0001`, `INC-${year}-0003`]);
  });

  it('reads what was asked for, and lists newest first, page by page', async () => {
    const request = openRequest({ inputs: { store: 'prod', count: 2 } });
    const { incident } = await test.ledger.incidents.open(request);
    const row = await test.ledger.incidents.read(incident);
    assert.deepEqual([row?.inputs, row?.roles, row?.state], [request.inputs, request.roles, 'declared']);
    const [newest, next] = await test.ledger.incidents.list({ limit: 2 });
    assert.equal(newest?.incident, incident);
    assert.deepEqual(await test.ledger.incidents.list({ limit: 1, before: incident }), [next]);
  });

  it('remembers when it was closed first', async () => {
    const { incident } = await test.ledger.incidents.open(openRequest());
    await test.ledger.incidents.setState(incident, 'contained');
    assert.equal((await test.ledger.incidents.read(incident))?.closedAt, undefined);
    await test.ledger.incidents.setState(incident, 'closed');
    const closed = await test.ledger.incidents.read(incident);
    await test.ledger.incidents.setState(incident, 'closed');
    assert.equal(closed?.state, 'closed');
    assert.equal((await test.ledger.incidents.read(incident))?.closedAt, closed.closedAt);
    const setting = test.ledger.incidents.setState('INC-1999-0001' as IncidentId, 'closed');
    await assert.rejects(setting, { code: 'INCIDENT_UNKNOWN' });
  });

  describe('when subjects are named', () => {
    it('fingerprints a credential the same in every process, and unlike another installation', async () => {
      const other = await openTestLedger();
      const value = ['raw', 'value'].join('-');
      const here = test.ledger.incidents.fingerprint(value);
      assert.match(here, /^[0-9a-f]{32}$/);
      assert.equal((await test.another({ opens: [] })).incidents.fingerprint(value), here);
      assert.notEqual(other.ledger.incidents.fingerprint(value), here);
      await other.close();
    });

    it('names a person the same in every round, and unlike another incident', async () => {
      const { incident } = await test.ledger.incidents.open(openRequest());
      const subject = await test.ledger.incidents.personSubject(test.incident, 'person-1');
      assert.equal(await (await test.another()).incidents.personSubject(test.incident, 'person-1'), subject);
      assert.notEqual(await test.ledger.incidents.personSubject(incident, 'person-1'), subject);
    });
  });

  describe('when keys are destroyed', () => {
    const rows = [{ subject: 'a', attributes: {}, sealed: { value: 'x' } }];

    it('shuts the class for every process, also those that had it open', async () => {
      const { incident } = await test.ledger.incidents.open(openRequest());
      const other = await test.another();
      const parts = { c: { kind: 'credentials', rows }, p: { kind: 'people', rows } } as const;
      const refs = await test.ledger.datasets.write({ incident, step: 'scope', visit: 1 }, parts);
      const range = { from: 0, to: 1, open: true };
      assert.deepEqual((await other.datasets.read(incident, refs['c']!, range))[0]?.sealed, { value: 'x' });
      await test.ledger.incidents.destroyKeys(incident, 'secrets');
      await assert.rejects(other.datasets.read(incident, refs['c']!, range), { code: 'LEDGER_KEY_DESTROYED' });
      assert.deepEqual((await other.datasets.read(incident, refs['p']!, range))[0]?.sealed, { value: 'x' });
      assert.equal((await other.datasets.read(incident, refs['c']!, { from: 0, to: 1 })).length, 1);
    });

    it('leaves no wrapped key behind, and names no person any more', async () => {
      const { incident } = await test.ledger.incidents.open(openRequest());
      await test.ledger.incidents.destroyKeys(incident, 'people');
      const { rows: left } = await test.raw.query(
        'select subject_key, people_key, secrets_key is null as secrets from incidents where id = $1',
        [incident],
      );
      assert.deepEqual(left, [{ subject_key: null, people_key: null, secrets: false }]);
      const naming = test.ledger.incidents.personSubject(incident, 'person-1');
      await assert.rejects(naming, { code: 'LEDGER_KEY_DESTROYED' });
      assert.equal((await test.ledger.journal.verify(incident))?.seq, 1);
    });
  });

  it('refuses an incident that there is none of', async () => {
    const nobody = 'INC-1999-0001' as IncidentId;
    assert.equal(await test.ledger.incidents.read(nobody), undefined);
    await assert.rejects(test.ledger.journal.head(nobody), { code: 'INCIDENT_UNKNOWN' });
    await assert.rejects(test.ledger.effects.counts(nobody, 'x'), { code: 'INCIDENT_UNKNOWN' });
  });

  describe('when the ledger is opened with a wrong key', () => {
    it('refuses another key and one of another length', async () => {
      await assert.rejects(test.another({ keyEncryptionKey: Buffer.alloc(32, 8) }), { code: 'LEDGER_KEY_WRONG' });
      await assert.rejects(test.another({ keyEncryptionKey: TEST_KEY.subarray(1) }), { code: 'LEDGER_KEY_WRONG' });
    });
  });
});
