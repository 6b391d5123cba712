import assert from 'node:assert/strict';
import type { JournalDraft } from '../../../contracts/journal.ts';
import type { IncidentId } from '../../../contracts/ids.ts';
import { openRequest, openTestLedger, type TestLedger } from './open-test-ledger.ts';

function drafts(count: number, prefix = 'fact'): readonly JournalDraft[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `${prefix}:${index}`,
    kind: 'fact',
    actor: 'alice',
    body: { index, text: 'a "quoted" line\n\u0000\u2028', share: 0.1 },
  }));
}

describe('journalStore', () => {
  let test: TestLedger;

  /** An incident with a journal of its own, to be damaged. */
  async function filled(): Promise<{ incident: IncidentId; number: number }> {
    const { incident } = await test.ledger.incidents.open(openRequest());
    await test.ledger.journal.append(incident, drafts(20));
    const { rows } = await test.raw.query<{ number: number }>('select number from incidents where id = $1', [incident]);
    return { incident, number: rows[0]!.number };
  }

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  it('appends the same keys from 8 sessions once each, without gaps', async () => {
    const { journal } = test.ledger;
    const same = drafts(100, 'same');
    const sessions = await Promise.all(Array.from({ length: 8 }, () => test.another({ poolSize: 1 })));
    const before = (await journal.head(test.incident))!.seq;
    await Promise.all(
      sessions.flatMap((session) => same.map((draft) => session.journal.append(test.incident, [draft]))),
    );
    const records = await journal.read(test.incident, { after: before, limit: 1_000 });
    assert.equal(records.length, 100);
    assert.deepEqual(records.map(({ key }) => key).sort(), same.map(({ key }) => key).sort());
    assert.deepEqual(
      records.map(({ seq }) => seq),
      records.map((_, index) => before + 1 + index),
    );
    assert.deepEqual(await journal.verify(test.incident), await journal.head(test.incident));
  });

  it('keeps the first record of a key and returns the head', async () => {
    const { incident } = await filled();
    const { journal } = test.ledger;
    const head = await journal.head(incident);
    const again = { ...drafts(1)[0]!, body: { index: -1 } };
    assert.deepEqual(await journal.append(incident, [again]), head);
    assert.deepEqual(await journal.append(incident, []), head);
    assert.equal((await journal.read(incident, { after: 1, limit: 1 }))[0]?.body['index'], 0);
  });

  it('gives back what was written, character for character', async () => {
    const { incident } = await filled();
    const [record] = await test.ledger.journal.read(incident, { after: 20, limit: 5 });
    assert.deepEqual(record?.body, drafts(20)[19]!.body);
    assert.match(record.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  it('appends while another session verifies', async () => {
    const { incident } = await filled();
    const { journal } = test.ledger;
    const appends = drafts(200, 'meanwhile').map((draft) => journal.append(incident, [draft]));
    const heads = await Promise.all([...appends, ...Array.from({ length: 20 }, () => journal.verify(incident))]);
    assert.ok(heads.every((head) => head !== undefined));
    assert.equal((await journal.verify(incident))?.seq, 221);
  });

  describe('when the database was changed by hand', () => {
    const damages: Readonly<Record<string, readonly string[]>> = {
      'an edited body': [`update journal set body = '{"index":9}' where incident = $1 and seq = 7`],
      'an edited actor': [`update journal set actor = 'bob' where incident = $1 and seq = 7`],
      'an edited instant': [`update journal set at = '2020-01-01T00:00:00.000000Z' where incident = $1 and seq = 7`],
      'a deleted record': ['delete from journal where incident = $1 and seq = 7'],
      'a cut end': ['delete from journal where incident = $1 and seq > 18'],
      'a cut end with the number of its head': [
        'delete from journal where incident = $1 and seq > 18',
        'update heads set seq = 18 where incident = $1',
      ],
      'a deleted journal': ['delete from journal where incident = $1'],
      'a head put back': ['update heads set seq = seq - 1 where incident = $1'],
      'two records swapped': [
        'update journal set seq = 215 - seq where incident = $1 and seq in (7, 8)',
        'update journal set seq = seq - 200 where incident = $1 and seq > 200',
      ],
    };
    for (const [what, statements] of Object.entries(damages)) {
      it(`finds ${what}`, async () => {
        const { incident, number } = await filled();
        for (const statement of statements) await test.raw.query(statement, [number]);
        await assert.rejects(test.ledger.journal.verify(incident), { code: 'JOURNAL_BROKEN' });
      });
    }

    it('finds a record of another incident spliced in', async () => {
      const [one, other] = [await filled(), await filled()];
      await test.raw.query('delete from journal where incident = $1 and seq = 7', [one.number]);
      await test.raw.query(
        'insert into journal select $1, seq, key, at, kind, actor, body, prev_hash, hash from journal where incident = $2 and seq = 7',
        [one.number, other.number],
      );
      await assert.rejects(test.ledger.journal.verify(one.incident), { code: 'JOURNAL_BROKEN' });
    });
  });
});
