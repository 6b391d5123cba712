import assert from 'node:assert/strict';
import { DrivenCore } from '../../../support/driven-core.ts';
import { planOf } from '../../../support/plan-sketch.ts';
import type { JsonObject } from '../../../../contracts/json.ts';

const HOUR = 3_600_000;

function asking(uses: string, given: JsonObject): DrivenCore {
  return new DrivenCore(planOf([{ id: 'ask', uses, with: given }]));
}

const LEE = { by: 'lee', role: 'platform' } as const;

describe('manual', () => {
  const shut = { of: 'platform', text: 'entry-closed', evidence: 'required', sets: 'entryClosedAt' } as const;

  it('ends by the person who was asked, with evidence and the value of the fact it sets', () => {
    const core = asking('manual', shut);
    const say = (values: JsonObject, by: { by: string; role: string } = LEE): string | undefined =>
      core.say('resolveStep', { step: 'ask', answer: 'done', values, ...by });
    const value = { at: '2026-11-24T09:00:00Z' };
    assert.equal(say({ value }), 'ASK_EVIDENCE_MISSING');
    assert.equal(say({ evidence: 'CHG-1' }), 'ASK_VALUE_MISSING');
    assert.equal(say({ evidence: 'CHG-1', value }, { by: 'casey', role: 'commander' }), 'ASK_ROLE');
    assert.equal(say({ evidence: 'CHG-1', value }, { by: 'casey', role: 'platform' }), 'ASK_ROLE');
    assert.equal(say({ evidence: 'CHG-1', value }), undefined);
    assert.equal(core.step('ask').state, 'succeeded');
    assert.deepEqual(
      core.status.facts.map(({ key, by, confidence }) => [key, by, confidence]),
      [['entryClosedAt', 'lee', 'decided']],
    );
    assert.equal(say({ evidence: 'CHG-1', value }), 'STEP_NOT_WAITING');
  });

  it('reminds each day, and wakes deputies and admins once it is overdue', () => {
    const core = asking('manual', { of: 'commander', text: 'support-page', due: 'PT36H' });
    core.sleep(62 * HOUR);
    assert.deepEqual(
      core.all('page').map(({ people, level }) => [people.join(), level]),
      [
        ['casey', 0],
        ['casey,noor', 0],
        ['casey,noor,ada', 1],
        ['casey,noor,ada', 1],
      ],
    );
    assert.deepEqual([core.records('reminder').length, core.records('escalation').length], [1, 2]);
  });

  it('fails where an expression made no duration of its due time', () => {
    assert.equal(
      asking('manual', { of: 'platform', text: 'x', due: 'soon' }).step('ask').error?.code,
      'STEP_TIME_INVALID',
    );
  });
});

describe('facts.ask', () => {
  const ask = { of: 'privacy', keys: ['awareAt', 'residents'] } as const;
  const by = { by: 'priya', role: 'privacy' } as const;

  it('takes what a person knows as decided and leaves open what nobody said', () => {
    const core = asking('facts.ask', ask);
    const values = { awareAt: { at: '2026-11-24T09:00:00Z' } };
    assert.equal(core.say('resolveStep', { step: 'ask', answer: 'done', values: { other: 1 }, ...by }), 'FACT_UNKNOWN');
    core.say('resolveStep', { step: 'ask', answer: 'done', values, ...by });
    assert.deepEqual(core.step('ask').outputs, { answered: 1 });
    assert.match(core.status.openItems[0]?.text ?? '', /residents/);
  });

  it('ends by itself once every fact has been decided elsewhere, not by proposals', () => {
    const core = asking('facts.ask', ask);
    core.say('addFact', {
      key: 'awareAt',
      value: { at: '2026-11-24T09:00:00Z' },
      by: 'scanner',
      source: 'detector',
      confidence: 'proposed',
    });
    core.addFact('residents', ['DE']);
    assert.equal(core.step('ask').state, 'waiting');
    core.addFact('awareAt', { at: '2026-11-24T09:30:00Z' });
    assert.equal(core.step('ask').state, 'succeeded');
    assert.equal(core.status.asks.length, 0);
  });
});

describe('filings.record', () => {
  it('hands what the person said to its activity and ends with it; duties are assessed anew', () => {
    const core = new DrivenCore(
      planOf([
        { id: 'law', uses: 'obligations.assess', outlives: 'close' },
        { id: 'ask', uses: 'filings.record', with: { of: 'privacy', filing: 'filing-1' } },
      ]),
    );
    core.tell({ kind: 'assessed', obligations: [] });
    const by = { by: 'priya', role: 'privacy' };
    const resolve = (values: JsonObject): string | undefined =>
      core.say('resolveStep', { step: 'ask', answer: 'done', values, ...by });
    assert.equal(resolve({ state: 'perhaps' }), 'FILING_STATE_MISSING');
    assert.equal(resolve({ state: 'filed', reference: 'REF-1' }), undefined);
    const { call } = core.all('act')[0]!;
    assert.deepEqual(
      [call.uses, call.with['filing'], call.with['by'], call.with['reference']],
      ['filings.record', 'filing-1', 'priya', 'REF-1'],
    );
    core.end('ask', { state: 'filed', by: 'priya', at: core.status.openedAt });
    assert.equal(core.all('assess').length, 2);
  });
});

describe('waits', () => {
  it('for a fact end when it says something, at once where it does already', () => {
    const wait = { id: 'ask', uses: 'wait.for', with: { fact: 'scopeFinal', of: 'commander' } };
    const core = new DrivenCore(planOf([wait]));
    core.addFact('scopeFinal', false);
    assert.equal(core.step('ask').state, 'waiting');
    assert.equal(
      core.say('resolveStep', { step: 'ask', answer: 'done', by: 'casey', role: 'commander' }),
      'STEP_NOT_WAITING',
    );
    core.addFact('scopeFinal', true);
    assert.deepEqual(core.step('ask').outputs, { value: true });
  });

  it('for a time end then, by duration or by instant', () => {
    const core = new DrivenCore(
      planOf([
        { id: 'after', uses: 'wait.until', with: { after: 'PT2H' } },
        { id: 'at', uses: 'wait.until', with: { at: '2026-11-24T11:00:00Z' } },
        { id: 'never', uses: 'wait.until', with: { at: 'at noon' } },
      ]),
    );
    core.sleep(HOUR);
    assert.deepEqual([core.step('at').state, core.step('after').state], ['succeeded', 'waiting']);
    core.sleep(HOUR);
    assert.equal(core.step('after').state, 'succeeded');
    assert.equal(core.step('never').error?.code, 'STEP_TIME_INVALID');
  });
});
