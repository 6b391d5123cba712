import assert from 'node:assert/strict';
import { filings } from '../../../../activities/filings/capability.ts';
import { memoryHouse, type MemoryHouse } from '../../../support/memory-house.ts';
import { actionCall, testIncident } from '../../../support/page-calls.ts';
import type { ActionCall } from '../../../../contracts/effects.ts';
import type { JsonObject } from '../../../../contracts/json.ts';
import type { StepId } from '../../../../contracts/ids.ts';

describe('filings', () => {
  let house: MemoryHouse;
  const act = async (uses: string, given: JsonObject, changes: Partial<ActionCall> = {}) =>
    filings.create({}, house.environment).single[uses]!(
      actionCall(uses, { step: 'referral' as StepId, with: given, ...changes }),
    );
  const draft = (changes: Partial<ActionCall> = {}) =>
    act('filings.draft', { kind: 'authority', template: 'gdpr-art33' }, changes);
  const filing = async () => (await house.ledger.duties.filings(testIncident))[0];

  beforeEach(async () => {
    house = memoryHouse({ incident: testIncident });
    await house.ledger.duties.putObligations(testIncident, [
      {
        id: 'eu.gdpr.art33',
        title: 'Notify',
        source: 'GDPR',
        state: 'running',
        dueAt: '2026-05-04T00:00:00.000Z',
        of: 'privacy',
        filing: 'authority',
      },
    ]);
  });

  describe('filings.draft', () => {
    it('stores the document and a filing with the date of its duty', async () => {
      const { outputs } = await draft();
      const row = await filing();
      assert.deepEqual(
        { id: row?.id, document: row?.document, dueAt: row?.dueAt, state: row?.state },
        { id: outputs['filing'], document: outputs['document'], dueAt: '2026-05-04T00:00:00.000Z', state: 'draft' },
      );
      assert.ok(Number(outputs['unknown']) > 0);
    });

    it('takes facts with their provenance from the journal', async () => {
      await house.ledger.journal.append(testIncident, [
        {
          key: 'fact:1',
          kind: 'fact',
          actor: 'priya',
          body: {
            key: 'likelyConsequences',
            value: 'misuse of tokens',
            source: 'person',
            confidence: 'decided',
            by: 'priya',
          },
        },
      ]);
      await draft();
      const text = new TextDecoder().decode(house.ledger.stored[0]?.body);
      assert.match(text, /misuse of tokens \| fact likelyConsequences \(person\), said by priya/);
    });

    it('gives the same document when the step is repeated, though time has passed', async () => {
      const first = await draft();
      house.nowAt = '2026-05-01T00:07:00.000Z';
      assert.equal((await draft()).outputs['digest'], first.outputs['digest']);
    });

    it('leaves a recorded filing as it is', async () => {
      const { outputs } = await draft();
      const ended = {
        filing: outputs['filing']!,
        state: 'filed',
        by: 'priya',
        at: '2026-05-02T00:00:00Z',
        reference: 'R-1',
      };
      await act('filings.record', ended);
      await draft({ visit: 2 });
      assert.equal((await filing())?.state, 'filed');
    });
  });

  describe('filings.record', () => {
    const ended = { state: 'filed', by: 'priya', at: '2026-05-02T00:00:00Z', reference: 'R-1' };

    it('records who filed, when, under which reference', async () => {
      const { outputs } = await draft();
      await act('filings.record', { ...ended, filing: outputs['filing']! }, { step: 'referred' as StepId });
      const { state, by, at, reference } = (await filing())!;
      assert.deepEqual({ state, by, at, reference }, ended);
      const record = house.ledger.records.at(-1)!;
      assert.equal(record.kind, 'filing');
      assert.equal(record.actor, 'priya');
    });

    for (const [what, changes, code] of [
      ['a filed one without reference', { reference: '' }, 'FILING_RECORD_INVALID'],
      ['one without person', { by: '' }, 'FILING_RECORD_INVALID'],
      ['one without time', { at: 'soon' }, 'FILING_RECORD_INVALID'],
      ['another state', { state: 'sent' }, 'FILING_RECORD_INVALID'],
      ['an unknown filing', { filing: 'filing-none' }, 'FILING_UNKNOWN'],
    ] as const) {
      it(`refuses ${what}`, async () => {
        const { outputs } = await draft();
        await assert.rejects(act('filings.record', { ...ended, filing: outputs['filing']!, ...changes }), { code });
        assert.equal((await filing())?.state, 'draft');
      });
    }
  });
});
