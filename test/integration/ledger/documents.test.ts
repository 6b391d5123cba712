import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import type { CompiledPlan } from '../../../contracts/plan.ts';
import type { Digest } from '../../../contracts/ids.ts';
import type { FilingRow, Handling } from '../../../ledger/ports.ts';
import { openRequest, openTestLedger, type TestLedger } from './open-test-ledger.ts';

const HANDLING: Handling = { tlp: 'AMBER', privilege: 'none', audience: 'response' };

describe('documents', () => {
  let test: TestLedger;

  function put(name: string, text: string, handling = HANDLING) {
    const body = Buffer.from(text);
    return test.ledger.documents.put(test.incident, { name, mediaType: 'text/markdown', body, by: 'engine', handling });
  }

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  it('keeps a body sealed, and gives it back', async () => {
    const meta = await put('report.md', 'a plain sentence');
    const stored = await test.ledger.documents.get(test.incident, meta.id);
    assert.equal(Buffer.from(stored!.body).toString(), 'a plain sentence');
    assert.deepEqual(stored?.meta, meta);
    const { rows } = await test.raw.query<{ sealed: Buffer }>('select sealed from documents where id = $1', [meta.id]);
    assert.equal(rows[0]!.sealed.includes('plain'), false);
  });

  it('returns the first one for the same body, and a new version for another', async () => {
    const first = await put('draft.md', 'one');
    assert.deepEqual(await put('draft.md', 'one'), first);
    const second = await put('draft.md', 'two');
    assert.notEqual(second.id, first.id);
    const versions = (await test.ledger.documents.list(test.incident)).filter(({ name }) => name === 'draft.md');
    assert.deepEqual(
      versions.map(({ id }) => id),
      [first.id, second.id],
    );
  });

  it('stores one version when many store the same at once', async () => {
    const metas = await Promise.all(Array.from({ length: 8 }, () => put('raced.md', 'same')));
    assert.equal(new Set(metas.map(({ id }) => id)).size, 1);
  });

  it('records each one in the journal, without the name of a privileged one', async () => {
    const open = await put('open.md', 'x');
    const counsel = await put('advice.md', 'y', { ...HANDLING, privilege: 'counsel' });
    const records = await test.ledger.journal.read(test.incident, { limit: 1_000 });
    const bodyOf = (id: string) => records.find(({ key }) => key === `document.stored:${id}`)?.body;
    assert.deepEqual([bodyOf(open.id)?.['digest'], bodyOf(open.id)?.['name']], [open.digest, 'open.md']);
    assert.deepEqual([bodyOf(counsel.id)?.['digest'], bodyOf(counsel.id)?.['name']], [counsel.digest, undefined]);
  });

  it('knows nothing of another incident, or of an id that is none', async () => {
    const meta = await put('mine.md', 'x');
    const { incident } = await test.ledger.incidents.open(openRequest());
    assert.equal(await test.ledger.documents.get(incident, meta.id), undefined);
    assert.equal(await test.ledger.documents.get(test.incident, 'no-uuid'), undefined);
  });

  it('refuses a body that was changed by hand', async () => {
    const [one, other] = [await put('a.md', 'a'), await put('b.md', 'b')];
    await test.raw.query('update documents set sealed = (select sealed from documents where id = $2) where id = $1', [
      one.id,
      other.id,
    ]);
    await assert.rejects(test.ledger.documents.get(test.incident, one.id), { code: 'DOCUMENT_CHANGED' });
  });
});

describe('plans', () => {
  let test: TestLedger;

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  it('gives back a plan as it was compiled, with its documents', async () => {
    const body = 'Dear {{ name }}';
    const hash = createHash('sha256').update(body).digest('hex') as Digest;
    const plan = { format: 1, zebra: 1.0, apple: { b: 1, a: '\u0000' } } as unknown as CompiledPlan['plan'];
    const compiled: CompiledPlan = {
      plan,
      planHash: createHash('sha256').update(randomUUID()).digest('hex') as Digest,
      documents: { [hash]: { kind: 'text', name: 'notice.en', body } },
    };
    await test.ledger.documents.putPlan(compiled);
    await test.ledger.documents.putPlan(compiled);
    const other = await test.another();
    assert.deepEqual(await other.documents.getPlan(compiled.planHash), compiled);
    assert.deepEqual(await other.documents.getPlan(compiled.planHash), compiled);
    assert.equal(await test.ledger.documents.text(hash), body);
  });

  it('knows no other', async () => {
    assert.equal(await test.ledger.documents.getPlan('ef'.repeat(32) as Digest), undefined);
    await assert.rejects(test.ledger.documents.text('ef'.repeat(32) as Digest), { code: 'DOCUMENT_UNKNOWN' });
  });
});

describe('dutyStore', () => {
  let test: TestLedger;

  before(async () => {
    test = await openTestLedger();
  });

  after(() => test.close());

  it('keeps the newest of each filing, follow-up and ticket, in the order of their first', async () => {
    const { duties } = test.ledger;
    const filing: FilingRow = {
      ...{ id: 'f1', kind: 'authority', document: 'd1', dueAt: '2026-05-04T10:00:00.000Z', state: 'draft' },
      ...{ by: undefined, at: undefined, reference: undefined },
    };
    await duties.putFiling(test.incident, filing);
    await duties.putFiling(test.incident, { ...filing, id: 'f2', kind: 'law-enforcement' });
    await duties.putFiling(test.incident, { ...filing, state: 'filed', by: 'carol', reference: 'REF-1' });
    const filings = await duties.filings(test.incident);
    assert.deepEqual(
      filings.map(({ id, state, reference }) => [id, state, reference]),
      [
        ['f1', 'filed', 'REF-1'],
        ['f2', 'draft', undefined],
      ],
    );
    const followUp = { id: 'u', step: 'harden', what: 'rotate', owner: 'dave', dueAt: undefined };
    await duties.putFollowUp(test.incident, followUp);
    assert.equal((await duties.followUps(test.incident))[0]?.owner, 'dave');
    const ticket = { step: 'case', connector: 'github-issues', id: '7', url: 'https://tickets.example.org/7' };
    await duties.putTicket(test.incident, ticket);
    await duties.putTicket(test.incident, ticket);
    assert.deepEqual(await duties.tickets(test.incident), [ticket]);
  });

  it('replaces the assessment', async () => {
    const { duties } = test.ledger;
    assert.deepEqual(await duties.obligations(test.incident), []);
    const duty = {
      id: 'gdpr-33',
      title: 'Notify',
      source: 'GDPR Art. 33(1)',
      state: 'running',
      of: 'privacy',
    } as const;
    await duties.putObligations(test.incident, [duty]);
    await duties.putObligations(test.incident, [{ ...duty, state: 'filed' }]);
    assert.deepEqual(
      (await duties.obligations(test.incident)).map(({ state }) => state),
      ['filed'],
    );
  });
});
