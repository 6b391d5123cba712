import assert from 'node:assert/strict';
import { attempt, credentialRows, openPermit, pageCall } from '../../support/page-calls.ts';
import { digestOf } from '../../../activities/effects/effect-key.ts';
import { openTestLedger, type TestLedger } from './open-test-ledger.ts';
import { receiptRoot } from '../../../activities/effects/receipt-root.ts';
import { runPage } from '../../../activities/effect-runner.ts';
import { scriptedConnector } from '../../support/scripted-connector.ts';
import type { JournalRecord } from '../../../contracts/journal.ts';
import type { Ledger } from '../../../ledger/ports.ts';
import type { StepId } from '../../../contracts/ids.ts';

const ACTION = 'credentials.revoke';

describe('the summary of a page', () => {
  let house: TestLedger;

  before(async () => {
    house = await openTestLedger();
  });
  after(() => house.close());

  it('holds what an attempt settled that died before it could write its own, once', async () => {
    const { ledger, incident } = house;
    const step = 'contain' as StepId;
    const parts = { dataset: { kind: 'credentials' as const, rows: credentialRows(3) } };
    const { dataset } = await ledger.datasets.write({ incident, step: 'list', visit: 1 }, parts);
    const call = pageCall(ACTION, dataset!, { incident, step });
    await openPermit(ledger, call);
    const run = (on: Ledger, answer: 'accepted' | 'planned') => {
      const connector = scriptedConnector('idempotent', ({ row }) =>
        row.subject === 'subject-00002' && answer === 'planned' ? { state: 'planned', waitMs: 0 } : {},
      );
      return runPage(call, { ledger: on, connector, paramsHash: () => digestOf(ACTION), attempt: attempt() });
    };
    const append: Ledger['journal']['append'] = (of, drafts) =>
      drafts.some(({ kind }) => kind === 'page.closed')
        ? Promise.reject(new Error('killed'))
        : ledger.journal.append(of, drafts);
    await assert.rejects(run({ ...ledger, journal: { ...ledger.journal, append } }, 'planned'), { message: 'killed' });
    await run(ledger, 'accepted');
    await run(ledger, 'accepted');
    const closed = (await ledger.journal.read(incident, { limit: 100 })).filter(isClosed);
    const held = await Promise.all(
      credentialRows(3).map(async ({ subject }) =>
        (await ledger.effects.receipts(incident, ACTION, subject)).map(({ state, body }, index) => ({
          ...{ action: ACTION, subject, generation: 1, attempt: index + 1, state, receipt: body },
        })),
      ),
    );
    assert.deepEqual(
      closed.map(({ body }) => [body['counts'], body['receipts']]),
      [[{ accepted: 3 }, 4]],
    );
    assert.equal(closed[0]?.body['root'], receiptRoot(held.flat()));
  });
});

function isClosed({ kind }: JournalRecord): boolean {
  return kind === 'page.closed';
}
