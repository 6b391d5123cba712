import assert from 'node:assert/strict';
import {
  dayNumber,
  dayOf,
  instantOfLocal,
  isZone,
  localOf,
  weekdayOf,
  zonedText,
} from '../../../../obligations/law/zones.ts';
import * as units from '../../../../obligations/law/units.ts';
import { shippedLaw } from '../../../support/law.ts';

const ms = (text: string): number => Date.parse(text);
const local = (text: string) => {
  const [year, month, day, hour, minute, second] = text.split(/[-T:]/).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { year, month, day, hour, minute, second };
};
const sec = shippedLaw.calendars.get('us-sec')!;

describe('zones', () => {
  it('knows names of the IANA database, and no offsets', () => {
    for (const zone of ['Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'UTC']) assert.ok(isZone(zone), zone);
    for (const zone of ['Mars/Base', '+02:00', '', 5, null]) assert.ok(!isZone(zone));
  });

  for (const [zone, wall, instant] of [
    ['Europe/Berlin', '2026-07-01T12:00:00', '2026-07-01T10:00:00Z'],
    ['Europe/Berlin', '2026-10-25T02:30:00', '2026-10-25T00:30:00Z'], // shown twice: the earlier
    ['Europe/Berlin', '2026-03-29T02:30:00', '2026-03-29T01:30:00Z'], // never shown: as far behind the jump
    ['America/New_York', '2026-11-01T01:30:00', '2026-11-01T05:30:00Z'],
    ['Australia/Lord_Howe', '2026-04-05T01:45:00', '2026-04-04T14:45:00Z'], // a jump of half an hour
    ['Asia/Kathmandu', '2026-01-01T00:00:00', '2025-12-31T18:15:00Z'],
    ['Pacific/Kiritimati', '2026-01-01T00:00:00', '2025-12-31T10:00:00Z'],
  ] as const)
    it(`${wall} in ${zone} is ${instant}`, () => {
      assert.equal(instantOfLocal(local(wall), zone), ms(instant));
    });

  it('reads the clock on the wall, before 1970 too', () => {
    assert.deepEqual(localOf(ms('2026-10-25T01:30:00Z'), 'Europe/Berlin'), local('2026-10-25T02:30:00'));
    assert.equal(localOf(ms('1969-12-31T23:00:00Z'), 'Europe/Berlin').day, 1);
  });

  it('writes an instant with its offset', () => {
    assert.equal(zonedText(ms('2026-10-26T12:20:00Z'), 'Europe/Berlin'), '2026-10-26T13:20:00+01:00');
    assert.equal(zonedText(ms('2026-07-01T00:00:00Z'), 'America/St_Johns'), '2026-06-30T21:30:00-02:30');
  });

  it('counts days and weekdays', () => {
    assert.equal(dayNumber({ year: 1970, month: 1, day: 1 }), 0);
    assert.deepEqual(dayOf(dayNumber({ year: 2028, month: 2, day: 29 })), { year: 2028, month: 2, day: 29 });
    assert.equal(weekdayOf(dayNumber({ year: 2026, month: 11, day: 24 })), 2);
    assert.equal(weekdayOf(-1), 3);
  });
});

describe('units', () => {
  it('ends a number of days at the end of the day, the first excluded', () => {
    assert.equal(units.daysAfter(ms('2026-11-02T00:00:00+01:00'), 3, 'Europe/Berlin'), ms('2026-11-05T23:59:59+01:00'));
    assert.equal(units.daysAfter(ms('2026-11-02T23:59:00+01:00'), 3, 'Europe/Berlin'), ms('2026-11-05T23:59:59+01:00'));
  });

  it('clamps months', () => {
    assert.equal(units.monthsAfter(ms('2027-01-31T10:00:00Z'), 1, 'UTC'), ms('2027-02-28T10:00:00Z'));
    assert.equal(units.monthsAfter(ms('2027-12-31T10:00:00Z'), 2, 'UTC'), ms('2028-02-29T10:00:00Z'));
  });

  it('keeps the time of day of months over a change of clocks', () => {
    const due = units.monthsAfter(ms('2026-10-10T09:00:00+02:00'), 1, 'Europe/Berlin');
    assert.equal(due, ms('2026-11-10T09:00:00+01:00'));
  });

  it('moves to noon of the next working day only from a day without work', () => {
    const de = shippedLaw.calendars.get('de')!;
    assert.equal(units.noonOfNextWorkingDay(ms('2026-12-25T08:00:00+01:00'), de), ms('2026-12-28T12:00:00+01:00'));
    assert.equal(units.noonOfNextWorkingDay(ms('2026-12-24T20:00:00+01:00'), de), ms('2026-12-24T20:00:00+01:00'));
  });

  it('refuses days that a calendar does not know', () => {
    assert.throws(() => units.businessDaysAfter(ms('2027-12-30T10:00:00-05:00'), 4, sec), {
      code: 'LAW_CALENDAR_RANGE',
    });
    assert.throws(() => units.businessDaysAfter(ms('2025-12-29T10:00:00-05:00'), 1, sec), {
      code: 'LAW_CALENDAR_RANGE',
    });
  });

  it('gives the longer reading of 72 hours for information: Monday 14:20 is Thursday 15:00', () => {
    assert.equal(units.art3Due(ms('2026-11-02T14:20:00+01:00'), 72, 'Europe/Berlin'), ms('2026-11-05T15:00:00+01:00'));
  });

  it('holds two whole working days in the longer reading: Friday 14:20 is the end of Tuesday', () => {
    assert.equal(units.art3Due(ms('2026-10-23T14:20:00+02:00'), 72, 'Europe/Berlin'), ms('2026-10-27T23:59:59+01:00'));
  });
});
