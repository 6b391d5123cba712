import assert from 'node:assert/strict';
import fc from 'fast-check';
import { assessLaw, type Law } from '../../../obligations/law/law.ts';
import { readFacts } from '../../../obligations/law/read-facts.ts';
import * as units from '../../../obligations/law/units.ts';
import { instantOfLocal, localOf, zonedText } from '../../../obligations/law/zones.ts';
import { vectorFacts } from '../../../obligations/law/vector.ts';
import { reviewedLaw, shippedLaw } from '../../support/law.ts';
import type { LawFact } from '../../../obligations/law/vocabulary.ts';

/** Cases of the run for crashes; `FIREBREAK_LAW_CASES=10000` for the full one, which takes minutes. */
const CASES = Number(process.env['FIREBREAK_LAW_CASES'] ?? 1000);
const FROM = Date.parse('2026-01-05T00:00:00Z');
const TO = Date.parse('2027-09-01T00:00:00Z');
const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
  'America/St_Johns',
  'UTC',
];
const instant = fc.integer({ min: FROM, max: TO }).map((ms) => new Date(ms).toISOString());
const zone = fc.constantFrom(...ZONES);
const CODES = ['DE', 'FR', 'GB', 'US-NY', 'US-CA', 'US-TX', 'US-IA', 'JP', 'SG', 'BR', 'CN', 'CA-QC', 'US', 'ZA'];
const count = fc.oneof(
  fc.nat(2_000_000),
  fc.nat(2000).map((min) => ({ min })),
  fc.tuple(fc.nat(900), fc.nat(900)).map(([min, more]) => ({ min, max: min + more })),
);

/** A value that a fact may have. */
function valueOf({ type, values = [] }: LawFact): fc.Arbitrary<unknown> {
  switch (type) {
    case 'flag':
      return fc.boolean();
    case 'choice':
      return fc.constantFrom(...values);
    case 'set':
      return fc.subarray([...values]);
    case 'count':
    case 'amount':
      return count;
    case 'residents':
      return fc.dictionary(fc.constantFrom(...CODES), count, { maxKeys: 5 });
    case 'instant':
      return fc.oneof(
        instant,
        fc.tuple(instant, instant).map((pair) => ({ from: pair.toSorted()[0], to: pair.toSorted()[1] })),
      );
    case 'zone':
      return zone;
    case 'country':
      return fc.constantFrom('DE', 'FR', 'US', 'SG');
    case 'submissions':
      return fc.dictionary(
        fc.constantFrom('eu.nis2.art23/notification', 'eu.dora.art19/initial', 'us.hipaa.hhs/notice', 'br.lgpd/notice'),
        instant,
        { maxKeys: 3 },
      );
    case 'text':
      return fc.string({ minLength: 1 });
  }
}

const keys = [...shippedLaw.vocabulary.keys()];
const anyFacts = fc.record(Object.fromEntries(keys.map((key) => [key, valueOf(shippedLaw.vocabulary.get(key)!)])), {
  requiredKeys: [],
});

const order = (facts: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(facts).toSorted(([left], [right]) => (left < right ? 1 : -1)));

/** Every fact as decided by somebody who may: what is tested is the law, not who may say what. */
function answer(facts: Record<string, unknown>, law: Law = reviewedLaw, atMs?: number) {
  const document = vectorFacts({ says: '', from: '', decided: facts, expect: { result: 'required' } }, law.vocabulary);
  return assessLaw(readFacts(document, { ...law, atMs }), law);
}

describe('laws of the law', () => {
  it(`assesses ${CASES} random sets of facts without a crash`, function () {
    this.timeout(600_000);
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { assessments, notYet } = answer(facts);
        assert.ok(assessments.length + notYet.length > 100);
      }),
      { numRuns: CASES },
    );
  });

  it('reads any rubbish without a crash', function () {
    this.timeout(120_000);
    fc.assert(
      fc.property(fc.subarray(keys), fc.array(fc.jsonValue(), { minLength: 8, maxLength: 8 }), (chosen, values) => {
        const facts = Object.fromEntries(chosen.map((key, index) => [key, values[index % values.length]]));
        const { problems } = readFacts({ facts, log: values, delays: values, people: values[0] }, shippedLaw);
        for (const { code, fact, ask, remedy } of problems)
          assert.ok(code !== '' && fact !== '' && ask !== '' && remedy !== '');
      }),
      { numRuns: 1000 },
    );
  });

  it('is monotone: more sensitivity, people or malice never turns required into not required', function () {
    this.timeout(300_000);
    const worse = keys.filter((key) => shippedLaw.vocabulary.get(key)?.up === true);
    fc.assert(
      fc.property(anyFacts, fc.constantFrom(...worse), (facts, key) => {
        const more = { ...facts, [key]: worsened(facts[key], shippedLaw.vocabulary.get(key)!) };
        const [before, after] = [answer(facts), answer(more)];
        // Facts that contradict each other count as unknown: that is another question.
        if (before.problems.concat(after.problems).some(({ code }) => code === 'LAW_FACT_CONTRADICTION')) return;
        const results = new Map(after.assessments.map(({ id, result }) => [id, result]));
        for (const { id, result } of before.assessments)
          if (result === 'required') assert.notEqual(results.get(id), 'not_required', `${id} by ${key}`);
      }),
      { numRuns: 200 },
    );
  });

  it('does not depend on the order in which facts were said', function () {
    this.timeout(120_000);
    fc.assert(
      fc.property(anyFacts, (facts) => {
        assert.deepEqual(answer(order(facts)), answer(facts));
      }),
      { numRuns: 100 },
    );
  });

  it('gives no due time before the start of its clock', function () {
    this.timeout(300_000);
    fc.assert(
      fc.property(anyFacts, (facts) => {
        for (const { id, phases } of answer(facts).assessments)
          for (const { id: phase, startsAt, dueAt, informationalDueAt } of phases) {
            // Two limits may start at different facts; the phase's own start counts where it has only that one.
            const record = shippedLaw.records.find((entry) => entry.id === id);
            const isPlain = record?.phases
              .find((entry) => entry.id === phase)
              ?.limits.every(({ of }) => of === undefined);
            if (isPlain !== true || startsAt === null || dueAt === null) continue;
            assert.ok(Date.parse(dueAt) >= Date.parse(startsAt), `${id} ${phase}`);
            if (informationalDueAt !== null) assert.ok(informationalDueAt >= dueAt, `${id} ${phase}`);
          }
      }),
      { numRuns: 100 },
    );
  });

  it('derives everything again when a fact is corrected: later awareness, later clock', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 1, max: 200 }), (at, hours) => {
        const due = (ms: number) =>
          answer({ awareAt: { at: new Date(ms).toISOString() } }).assessments.find(({ id }) => id === 'eu.gdpr.art33')
            ?.dueAt;
        const moved = Date.parse(due(Date.parse(at) + hours * 3_600_000) ?? '') - Date.parse(due(Date.parse(at)) ?? '');
        assert.equal(moved, hours * 3_600_000);
      }),
      { numRuns: 20 },
    );
  });

  it('never reassures by a record that nobody reviewed', function () {
    this.timeout(120_000);
    fc.assert(
      fc.property(anyFacts, (facts) => {
        for (const { id, result, provisional } of answer(facts, shippedLaw).assessments) {
          assert.ok(result === 'required' || result === 'undetermined', id);
          assert.ok(provisional, id);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('never concludes from what is unknown: what few facts settle stays settled with more of them', function () {
    this.timeout(120_000);
    fc.assert(
      fc.property(anyFacts, fc.subarray(keys), (facts, dropped) => {
        const few = Object.fromEntries(Object.entries(facts).filter(([key]) => !dropped.includes(key)));
        const [before, after] = [answer(few), answer(facts)];
        if (
          before.problems
            .concat(after.problems)
            .some(({ code }) => code.startsWith('LAW_FACT') || code.startsWith('LAW_INSTANT'))
        )
          return;
        const results = new Map(after.assessments.map((found) => [`${found.id} ${found.version ?? ''}`, found]));
        for (const { id, version, result } of before.assessments) {
          const found = results.get(`${id} ${version ?? ''}`);
          if (result === 'not_required' && found) assert.equal(found.result, 'not_required', id);
          // An exemption that becomes known may still relieve.
          if (result === 'required' && found?.result !== 'required')
            assert.ok(found === undefined || found.reasons[0]?.startsWith('relieved'), id);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('assesses the whole catalogue in under 20 ms', function () {
    this.timeout(120_000);
    const samples = fc.sample(anyFacts, 200);
    for (const facts of samples) answer(facts);
    const times = samples.map((facts) => {
      const before = process.cpuUsage();
      answer(facts);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    const middle = times.toSorted((left, right) => left - right)[times.length / 2]!;
    assert.ok(middle < 20, `${middle} ms`);
  });
});

/** More of what makes things worse. */
function worsened(value: unknown, { type, values = [] }: LawFact): unknown {
  if (type === 'flag') return true;
  if (type === 'choice') return values.at(-1);
  if (type === 'set') return values;
  const add = (quantity: unknown): unknown =>
    typeof quantity === 'object' && quantity !== null
      ? Object.fromEntries(Object.entries(quantity).map(([part, number]) => [part, (number as number) + 1000]))
      : ((quantity as number | undefined) ?? 0) + 1000;
  if (type === 'residents')
    return Object.fromEntries(
      Object.entries((value as object | undefined) ?? { DE: 1 }).map(([code, number]) => [code, add(number)]),
    );
  return add(value);
}

describe('laws of time', () => {
  const anyMs = fc.integer({ min: Date.parse('1972-01-01T00:00:00Z'), max: Date.parse('2199-01-01T00:00:00Z') });

  it('reads back every clock on the wall that a zone shows', () => {
    fc.assert(
      fc.property(anyMs, zone, (ms, where) => {
        const whole = Math.floor(ms / 1000) * 1000;
        const back = instantOfLocal(localOf(whole, where), where);
        assert.ok(back <= whole && whole - back <= 3_600_000, 'the same, or the earlier of two');
        assert.deepEqual(localOf(back, where), localOf(whole, where));
        assert.equal(Date.parse(zonedText(whole, where)), whole);
      }),
      { numRuns: 2000 },
    );
  });

  it('ends days at the last second of a day, and never before the reckoning without a zone', () => {
    fc.assert(
      fc.property(anyMs, fc.integer({ min: 1, max: 90 }), zone, (ms, days, where) => {
        const due = units.daysAfter(ms, days, where);
        const { hour, minute, second } = localOf(due, where);
        assert.deepEqual([hour, minute, second], [23, 59, 59]);
        assert.ok(units.daysAfter(ms, days, undefined) <= due);
      }),
      { numRuns: 2000 },
    );
  });

  it('counts hours as elapsed time, whatever the clocks of a country do', () => {
    fc.assert(
      fc.property(anyMs, fc.integer({ min: 1, max: 500 }), (ms, hours) => {
        assert.equal(units.hoursAfter(ms, hours) - ms, hours * 3_600_000);
      }),
    );
  });

  it('never shortens a month below 28 days less an hour', () => {
    fc.assert(
      fc.property(anyMs, fc.integer({ min: 1, max: 24 }), zone, (ms, months, where) => {
        const elapsed = units.monthsAfter(ms, months, where) - ms;
        assert.ok(elapsed >= months * 28 * 86_400_000 - 2 * 3_600_000);
        assert.ok(elapsed <= months * 31 * 86_400_000 + 2 * 3_600_000);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives business days that are open, and more days a later end', () => {
    const sec = shippedLaw.calendars.get('us-sec')!;
    const inside = fc.integer({ min: Date.parse('2026-01-02T12:00:00Z'), max: Date.parse('2027-11-01T00:00:00Z') });
    fc.assert(
      fc.property(inside, fc.integer({ min: 1, max: 20 }), (ms, days) => {
        const [one, more] = [units.businessDaysAfter(ms, days, sec), units.businessDaysAfter(ms, days + 1, sec)];
        assert.ok(ms < one && one < more);
        const date = zonedText(one, sec.zone).slice(0, 10);
        assert.ok(!sec.closed.has(date) && ![0, 6].includes(new Date(`${date}T00:00:00Z`).getUTCDay()));
      }),
      { numRuns: 1000 },
    );
  });
});
