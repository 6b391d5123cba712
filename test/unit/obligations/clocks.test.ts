import assert from 'node:assert/strict';
import { clockStart, dueAt, dueAtWithoutFirstHour, remindersOf } from '../../../obligations/clocks.ts';
import { decided, shippedRecord } from '../../support/obligation-records.ts';

const art33 = shippedRecord('eu.gdpr.art33');
const openedAt = '2026-10-23T13:00:00.000Z';

describe('clockStart', () => {
  it('counts from the decided awareness', () => {
    const start = clockStart(art33, decided({ awareAt: { at: '2026-10-23T12:20:00Z' } }), openedAt);
    assert.deepEqual(start, { at: '2026-10-23T12:20:00.000Z', isDecided: true });
  });

  it('counts from the earliest bound of a decided range', () => {
    const awareAt = { from: '2026-10-23T06:00:00Z', to: '2026-10-23T12:00:00Z' };
    assert.equal(clockStart(art33, decided({ awareAt }), openedAt).at, '2026-10-23T06:00:00.000Z');
  });

  it('counts provisionally from detection while awareness is not decided', () => {
    const facts = decided({ awareAt: { unknown: true }, detectedAt: { from: '2026-10-22T22:00:00Z' } });
    assert.deepEqual(clockStart(art33, facts, openedAt), { at: '2026-10-22T22:00:00.000Z', isDecided: false });
  });

  it('takes a proposed awareness for plausible, not for decided', () => {
    const facts = { awareAt: { value: { at: '2026-10-23T10:00:00Z' }, confidence: 'proposed' as const } };
    assert.deepEqual(clockStart(art33, facts, openedAt), { at: '2026-10-23T10:00:00.000Z', isDecided: false });
  });

  for (const at of [
    '2026-10-23 10:00:00Z',
    '2026-10-23T10:00:00+0100',
    '2026-10-23T10:00:60Z',
    '9999-12-31T23:59:59Z',
    7,
  ])
    it(`takes ${at} for not said: it is no instant, and other clocks go on`, () => {
      const facts = decided({ awareAt: { at }, detectedAt: { at: '2026-10-22T22:00:00Z' } });
      assert.deepEqual(clockStart(art33, facts, openedAt), { at: '2026-10-22T22:00:00.000Z', isDecided: false });
    });

  it('never starts later than the incident was opened while nobody decided', () => {
    const facts = decided({ detectedAt: { at: '2026-10-23T18:00:00Z' } });
    assert.equal(clockStart(art33, facts, openedAt).at, openedAt);
  });
});

describe('dueAt', () => {
  it('is 72 elapsed hours later across the end of summer time', () => {
    // Friday 14:20 in Berlin (summer time); Monday 13:20 there (winter time).
    assert.equal(dueAt(art33, '2026-10-23T14:20:00+02:00'), '2026-10-26T12:20:00.000Z');
  });

  it('is Thursday at the same time for a Monday without a change of clocks', () => {
    assert.equal(dueAt(art33, '2026-11-02T14:20:00+01:00'), '2026-11-05T13:20:00.000Z');
  });

  it('refuses an instant without time zone', () => {
    assert.throws(() => dueAt(art33, '2026-10-23T14:20:00'), { code: 'OBLIGATION_INSTANT_INVALID' });
  });
});

describe('dueAtWithoutFirstHour', () => {
  it('starts at the next full hour', () => {
    assert.equal(dueAtWithoutFirstHour(art33, '2026-11-02T14:20:00+01:00'), '2026-11-05T14:00:00.000Z');
  });
});

describe('remindersOf', () => {
  it('lists instants before the due time, ascending, none before the start', () => {
    assert.deepEqual(remindersOf(art33, '2026-11-02T00:00:00Z'), [
      '2026-11-03T00:00:00.000Z',
      '2026-11-04T00:00:00.000Z',
      '2026-11-04T18:00:00.000Z',
      '2026-11-04T23:00:00.000Z',
    ]);
  });
});
