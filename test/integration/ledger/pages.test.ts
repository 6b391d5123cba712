import assert from 'node:assert/strict';
import { leaseId, permitId } from '../../../contracts/ids.ts';
import type { DocumentMeta, Ledger } from '../../../ledger/ports.ts';
import { refusalPages } from '../../../ledger/door.ts';
import { HEADS } from '../../../ledger/journal.ts';
import type { PageRequest, Placed } from '../../../ledger/page-port.ts';
import { pageStatements } from '../../../ledger/pages.ts';
import { openTestLedger, settled, subjectsOf, targetsOf, type TestLedger } from './open-test-ledger.ts';

const ACTION = { action: 'credentials.revoke', class: 'idempotent', longestRequestMs: 1_000 } as const;
const HANDLING = { tlp: 'amber', privilege: 'none', audience: 'team' } as const;

/** Reads a list to its end in pages, doing something between any two. */
async function walk<Row>(
  read: (page: PageRequest) => Promise<readonly Placed<Row>[]>,
  limit: number,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let after: PageRequest['after']; ;) {
    const page = await read({ limit, ...(after === undefined ? {} : { after }) });
    rows.push(...page.map(({ row }) => row));
    if (page.length < limit) return rows;
    after = page.at(-1)!.position;
    await between();
  }
}

describe('pageStore', function () {
  this.timeout(60_000);
  let test: TestLedger;
  let ledger: Ledger;

  before(async () => {
    test = await openTestLedger();
    ledger = test.ledger;
  });

  after(() => test.close());

  const store = (name: string, privilege: 'none' | 'counsel' = 'none'): Promise<DocumentMeta> =>
    ledger.documents.put(test.incident, {
      ...{ name, mediaType: 'text/plain', body: Buffer.from(name), by: 'dana' },
      handling: { ...HANDLING, privilege },
    });

  it('walks documents once each, oldest first, while more are stored', async () => {
    for (let number = 0; number < 7; number += 1) await store(`first-${number}`);
    let added = 0;
    const names = await walk(
      (page) => ledger.pages.documents(test.incident, { ...page, lane: 'all' }),
      3,
      () => (added < 2 ? store(`later-${(added += 1)}`) : Promise.resolve()),
    );
    const listed = (await ledger.documents.list(test.incident)).map(({ name }) => name);
    assert.deepEqual(
      names.map(({ name }) => name),
      listed,
    );
    assert.equal(new Set(listed).size, 9);
  });

  it("leaves out counsel's lane before it counts, so that no page tells of it", async () => {
    for (let number = 0; number < 3; number += 1) await store(`advice-${number}`, 'counsel');
    await store('last');
    const all = await ledger.pages.documents(test.incident, { limit: 100, lane: 'all' });
    const open = await walk((page) => ledger.pages.documents(test.incident, { ...page, lane: 'open' }), 5);
    assert.deepEqual(
      open.map(({ name }) => name),
      all.map(({ row }) => row.name).filter((name) => !name.startsWith('advice')),
    );
    assert.equal(all.length - open.length, 3);
  });

  it('walks duties of all kinds in the order in which they arose', async () => {
    const put = async (number: number): Promise<void> => {
      const what = { id: `f${number}`, step: 'after', what: 'look again', owner: undefined, dueAt: undefined };
      await ledger.duties.putFollowUp(test.incident, what);
      await ledger.duties.putTicket(test.incident, {
        step: 's',
        connector: 'hub',
        id: String(number),
        url: 'https://hub.example/1',
      });
    };
    for (let number = 0; number < 4; number += 1) await put(number);
    let added = 4;
    const rows = await walk(
      (page) => ledger.pages.duties(test.incident, page),
      3,
      () => (added < 6 ? put((added += 1)) : Promise.resolve()),
    );
    assert.equal(rows.filter(({ kind }) => kind === 'follow-up').length, 6);
    assert.equal(rows.filter(({ kind }) => kind === 'ticket').length, 6);
    assert.equal(new Set(rows.map(({ body }) => JSON.stringify(body))).size, 12);
  });

  it('walks targets that did not come through, in an order that no change of others disturbs', async () => {
    const { effects } = ledger;
    const permit = permitId(test.incident, 'contain', 1);
    const lease = { id: leaseId(test.incident, 'contain', 1, 0), epoch: 1, permit };
    const effect = { ...ACTION, incident: test.incident };
    await effects.setPermit(permit, test.incident, 'open');
    await effects.takeLease(lease, test.incident);
    const fail = async (subjects: readonly string[]): Promise<void> => {
      const { mine } = await effects.claim(lease, effect, targetsOf(subjects));
      await effects.settle(lease, effect, settled(mine, { state: 'failed', code: 'CONNECTOR_REFUSED' }));
    };
    await fail(subjectsOf(10));
    const of = { step: 'contain', states: ['failed'] as const };
    const first = await walk((page) => ledger.pages.targets(test.incident, of, page), 3);
    assert.deepEqual(first.map(({ subject }) => subject).sort(), subjectsOf(10));
    const meanwhile = await walk(
      (page) => ledger.pages.targets(test.incident, of, page),
      4,
      () => fail(subjectsOf(3, 50)),
    );
    const subjects = meanwhile.map(({ subject }) => subject);
    assert.equal(new Set(subjects).size, subjects.length);
    for (const subject of subjectsOf(10)) assert.ok(subjects.includes(subject), subject);
    assert.deepEqual(await ledger.pages.targets(test.incident, { step: 'none', states: ['failed'] }, { limit: 5 }), []);
    const receipts = await walk(
      (page) => ledger.pages.receipts(test.incident, { action: ACTION.action, subject: subjectsOf(1)[0]! }, page),
      1,
    );
    assert.deepEqual(receipts, await effects.receipts(test.incident, ACTION.action, subjectsOf(1)[0]!));
    assert.ok(receipts.length > 0);
  });

  it('walks alerts newest first; what arrives meanwhile shifts no page', async () => {
    const insert = (event: string): Promise<unknown> =>
      test.raw.query("insert into alerts (detector, event, kind, outcome) values ('d', $1, 'k', 'unmapped')", [event]);
    for (let number = 0; number < 8; number += 1) await insert(`e${number}`);
    let late = 0;
    const rows = await walk(
      (page) => ledger.pages.alerts(page),
      3,
      () => insert(`late${(late += 1)}`),
    );
    assert.deepEqual(
      rows.map(({ event }) => event),
      ['e7', 'e6', 'e5', 'e4', 'e3', 'e2', 'e1', 'e0'],
    );
    assert.deepEqual(await ledger.pages.alerts({ limit: 5, outcome: 'started' }), []);
  });

  it('finds its rows by an index', async () => {
    const statements = { ...pageStatements, ...refusalPages, heads: HEADS };
    await test.raw.query('set plan_cache_mode = force_generic_plan; set enable_seqscan = off');
    for (const [name, text] of Object.entries(statements)) {
      await test.raw.query(`prepare asked as ${text}`);
      const { rows } = await test.raw.query<{ parameter_types: string[] }>(
        "select parameter_types::text[] from pg_prepared_statements where name = 'asked'",
      );
      const nulls = rows[0]!.parameter_types.map(() => 'null').join(', ');
      const plan = await test.raw.query<{ 'QUERY PLAN': string }>(`explain execute asked(${nulls})`);
      const lines = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
      assert.doesNotMatch(lines, /Seq Scan/, `${name}\n${lines}`);
      assert.match(lines, /Index/, name);
      await test.raw.query('deallocate asked');
    }
  });
});
