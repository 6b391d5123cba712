import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { goneOut } from '../../../activities/notices/gone-out.ts';
import { runPage } from '../../../activities/effect-runner.ts';
import { attempt, credentialRows, openPermit, pageCall } from '../../support/page-calls.ts';
import { scriptedConnector } from '../../support/scripted-connector.ts';
import { PARAMS } from '../ledger/open-test-ledger.ts';
import { NoticeHouse } from './notice-house.ts';
import type { HoldView } from '../../../contracts/returns.ts';
import type { StepId } from '../../../contracts/ids.ts';

describe('holds', function () {
  this.timeout(60_000);
  let house: NoticeHouse;

  const place = (more: Partial<HoldView & { readonly key: string }> = {}): Promise<HoldView> =>
    house.test.ledger.holds.add(house.test.incident, {
      ...{ key: randomUUID(), audience: 'everyone', by: 'omar', basis: 'order of a court', ...more },
    });
  const lift = (id: string): Promise<HoldView> =>
    house.test.ledger.holds.lift(house.test.incident, id, { by: 'omar', reason: 'withdrawn' });

  beforeEach(async () => {
    house = await NoticeHouse.open();
  });

  afterEach(() => house.close());

  it('keep people from being told until they are lifted, and tell counsel what had gone out', async () => {
    const { subject } = await house.sent('early');
    const hold = await place();
    const { counts, goneOut: gone } = await goneOut(house.test.ledger, house.test.incident, hold);
    assert.deepEqual([counts, gone.map((one) => one.subject)], [{ accepted: 1 }, [subject]]);
    const call = await house.call(['a', 'b']);
    const held = await house.send(call);
    assert.deepEqual([held.counts, held.left], [{ withheld: 2 }, 2]);
    assert.equal(house.sink.mails.length, 1);
    await lift(hold.id);
    assert.deepEqual((await house.send(call)).counts, { accepted: 2 });
    assert.equal(house.sink.mails.length, 3);
  });

  it('let people be told once they have run out by the clock of the database', async () => {
    await place({ until: new Date(Date.now() + 3_600_000).toISOString() });
    const call = await house.call(['a']);
    assert.deepEqual((await house.send(call)).counts, { withheld: 1 });
    await house.test.raw.query("update holds set until = clock_timestamp() - interval '1 s'");
    await house.test.ledger.holds.releaseRunOut();
    assert.equal(await house.stateOf(`${call.step}/1/person-a`), 'planned');
    assert.deepEqual((await house.send(call)).counts, { accepted: 1 });
  });

  it('withhold again whom another hold still covers', async () => {
    const [first] = [await place(), await place({ audience: 'locale:en' })];
    const call = await house.call(['a']);
    await house.send(call);
    await lift(first.id);
    assert.deepEqual((await house.send(call)).counts, { withheld: 1 });
  });

  it('are in the journal with who placed and who lifted them, once each', async () => {
    const key = randomUUID();
    const hold = await place({ key });
    assert.equal((await place({ key })).id, hold.id);
    await lift(hold.id);
    await lift(hold.id);
    const { ledger, incident } = house.test;
    const records = (await ledger.journal.read(incident, { limit: 100 })).filter(({ kind }) => kind === 'hold');
    assert.deepEqual(
      records.map(({ actor, body }) => [actor, body['basis'] ?? body['reason']]),
      [
        ['omar', 'order of a court'],
        ['omar', 'withdrawn'],
      ],
    );
    await ledger.journal.verify(incident);
    await assert.rejects(lift(randomUUID()), { code: 'HOLD_UNKNOWN' });
  });

  it('are placed once a key, and the key is refused for another hold', async () => {
    const key = randomUUID();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const hold = await place({ key, until });
    assert.equal((await place({ key, until })).id, hold.id);
    for (const other of [{ audience: 'controllers' }, { basis: 'another order' }, { by: 'priya' }])
      await assert.rejects(place({ key, until, ...other }), { code: 'INCIDENT_KEY_REUSED' });
    await assert.rejects(place({ key }), { code: 'INCIDENT_KEY_REUSED' });
    assert.equal((await house.test.ledger.holds.list(house.test.incident)).length, 1);
  });

  it('never stop a revocation', async () => {
    await place();
    const { ledger, incident } = house.test;
    const step = 'contain' as StepId;
    const rows = credentialRows(3);
    const { of } = await ledger.datasets.write({ incident, step, visit: 1 }, { of: { kind: 'credentials', rows } });
    const call = pageCall('credentials.revoke', of!, { incident, step });
    await openPermit(ledger, call);
    const connector = scriptedConnector('idempotent');
    const options = { ledger, connector, attempt: attempt({ epoch: Date.now() }), paramsHash: () => PARAMS };
    assert.deepEqual((await runPage(call, options)).counts, { accepted: 3 });
  });
});
