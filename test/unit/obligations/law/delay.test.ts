import assert from 'node:assert/strict';
import { delayed, type DelayInput } from '../../../../obligations/law/delay.ts';
import { assessmentOf, caseOf } from '../../../support/law.ts';

const DAY = 86_400_000;
const rule: NonNullable<DelayInput['rule']> = {
  ...{ forms: ['written'], effect: 'suspends', beforeDue: true, initialMaxDays: 30, extensionMaxDays: 30, source: 'M' },
};
const grant: DelayInput['grant'] = { record: 'x', form: 'written', by: 'police', extensions: [] };
const input = (more: Partial<DelayInput>): DelayInput => ({
  ...{ rule, grant, dueMs: 10 * DAY, atMs: 2 * DAY, residual: (endsMs) => endsMs + 4 * DAY },
  ...more,
});

describe('delayed', () => {
  it('is stopped by no request', () => {
    const { state, dueMs } = delayed(input({ grant: { ...grant, requestedAt: DAY } }));
    assert.deepEqual([state, dueMs], ['requested', 10 * DAY]);
  });

  it('refuses where the law knows no delay, another form, or a grant that came too late', () => {
    const granted = { ...grant, grantedAt: DAY };
    for (const more of [
      { rule: undefined, grant: granted },
      { grant: { ...granted, form: 'oral' } },
      { grant: { ...grant, grantedAt: 10 * DAY } },
    ]) {
      const { state, dueMs } = delayed(input(more));
      assert.deepEqual([state, dueMs], ['refused', 10 * DAY]);
    }
  });

  it('runs from grant through extension to the residual window and over', () => {
    const granted = { ...grant, grantedAt: DAY, extensions: [{ grantedAt: 20 * DAY, until: 50 * DAY }] };
    const at = (atMs: number, more = granted) => delayed(input({ atMs, grant: more }));
    assert.deepEqual([at(2 * DAY, { ...granted, extensions: [] }).state, at(2 * DAY).state], ['granted', 'extended']);
    assert.equal(at(2 * DAY).endsMs, 50 * DAY);
    assert.deepEqual([at(50 * DAY).state, at(50 * DAY).dueMs], ['residual', 54 * DAY]);
    assert.equal(at(54 * DAY + 1).state, 'over');
  });

  it('caps what is granted and what is extended, and ignores an extension after the lapse', () => {
    const ends = (more: Partial<DelayInput['grant']>) =>
      delayed(input({ grant: { ...grant, grantedAt: DAY, ...more } })).endsMs;
    assert.equal(ends({ until: 90 * DAY }), 31 * DAY);
    assert.equal(ends({ extensions: [{ grantedAt: 5 * DAY, until: 99 * DAY }] }), 61 * DAY);
    assert.equal(ends({ extensions: [{ grantedAt: 32 * DAY, until: 40 * DAY }] }), 31 * DAY);
  });

  it('ends when it is lifted, and never moves a due time forward', () => {
    const lifted = delayed(input({ atMs: 4 * DAY, grant: { ...grant, grantedAt: DAY, liftedAt: 3 * DAY } }));
    assert.deepEqual([lifted.state, lifted.endsMs, lifted.dueMs], ['residual', 3 * DAY, 10 * DAY]);
  });

  it('forbids to tell people while a prohibition runs, and not after it', () => {
    const prohibits = { ...rule, effect: 'prohibits' as const };
    const at = (atMs: number) =>
      delayed(input({ rule: prohibits, atMs, grant: { ...grant, grantedAt: DAY, liftedAt: 3 * DAY } }));
    assert.deepEqual([at(2 * DAY).isForbidden, at(3 * DAY).isForbidden], [true, false]);
  });
});

describe('a delay in an assessment', () => {
  it('is refused with its reason where the law allows none', () => {
    const facts = { roles: ['controller'], euEstablished: true };
    const decided = { personalDataBreach: true, riskToPeople: 'risk', awareAt: { at: '2026-11-02T13:20:00Z' } };
    const delays = [{ record: 'eu.gdpr.art33', form: 'written', by: 'police', grantedAt: '2026-11-03T08:00:00Z' }];
    const found = assessmentOf('eu.gdpr.art33', { facts, decided, delays });
    assert.equal(found.delay, 'refused');
    assert.ok(found.reasons.includes('delay: the law allows no delay of this duty'));
    assert.equal(caseOf({ facts, decided, delays }).problems.length, 0);
  });
});
