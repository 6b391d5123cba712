import assert from 'node:assert/strict';
import fc from 'fast-check';
import { clockStart, dueAt, dueAtWithoutFirstHour, remindersOf } from '../../../obligations/clocks.ts';
import { evaluate } from '../../../obligations/evaluate.ts';
import { factCatalogue, type FactKey } from '../../../contracts/facts.ts';
import { decided, shippedCatalogue, shippedRecord } from '../../support/obligation-records.ts';
import type { Json } from '../../../contracts/json.ts';

const HOUR_MS = 3_600_000;
const art33 = shippedRecord('eu.gdpr.art33');

/** Instants around changes of clocks of many years and zones, and everywhere else. */
const instant = fc
  .date({ min: new Date('2019-01-01T00:00:00Z'), max: new Date('2040-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

const when: fc.Arbitrary<Json> = fc.oneof(
  instant.map((at) => ({ at })),
  fc.tuple(instant, instant).map((pair) => {
    const [from, to] = [...pair].sort() as [string, string];
    return { from, to };
  }),
  fc.constant({ unknown: true }),
);

const anyFacts = fc.record(
  {
    detectedAt: when,
    occurredAt: when,
    controllerOrProcessor: fc.constantFrom('controller', 'processor', 'both'),
    personalDataBreach: fc.boolean(),
    riskToPeople: fc.constantFrom('unlikely', 'risk', 'high'),
    crimeSuspected: fc.boolean(),
    affectedPeople: fc.nat(),
    peopleTold: fc.nat(),
    scopeFinal: fc.boolean(),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Partial<Record<FactKey, Json>>>;

describe('clock laws', () => {
  it('makes 72 hours exactly 72 elapsed hours, whatever the clocks of a country do', () => {
    fc.assert(
      fc.property(instant, (at) => {
        assert.equal(Date.parse(dueAt(art33, at)) - Date.parse(at), 72 * HOUR_MS);
      }),
    );
  });

  it('never moves a decided clock by facts that are added', () => {
    fc.assert(
      fc.property(instant, instant, anyFacts, anyFacts, (awareAt, openedAt, before, added) => {
        const due = (facts: Partial<Record<FactKey, Json>>): (string | undefined)[] =>
          evaluate({ facts: decided({ ...facts, awareAt: { at: awareAt } }), openedAt }, shippedCatalogue).map(
            ({ record, startsAt }) => dueAt(record, startsAt),
          );
        assert.deepEqual(due({ ...before, ...added }), due(before));
      }),
    );
  });

  it('counts a range from its earliest bound', () => {
    fc.assert(
      fc.property(instant, instant, instant, (one, two, openedAt) => {
        const [from, to] = [one, two].sort() as [string, string];
        assert.equal(clockStart(art33, decided({ awareAt: { from, to } }), openedAt).at, from);
      }),
    );
  });

  it('never lets a provisional clock end later than a decision could', () => {
    fc.assert(
      fc.property(when, instant, (detectedAt, openedAt) => {
        const { at, isDecided } = clockStart(art33, decided({ detectedAt }), openedAt);
        assert.equal(isDecided, false);
        assert.ok(Date.parse(at) <= Date.parse(openedAt));
      }),
    );
  });

  it('keeps reminders ascending, after the start and before the end', () => {
    fc.assert(
      fc.property(instant, fc.constantFrom(...shippedCatalogue.records), (at, record) => {
        const all = [at, ...remindersOf(record, at), dueAt(record, at)].map((text) => Date.parse(text));
        assert.deepEqual(
          all,
          [...new Set(all)].sort((left, right) => left - right),
        );
      }),
    );
  });

  it('never gives the operational deadline later than the informational one', () => {
    fc.assert(
      fc.property(instant, (at) => {
        const lagMs = Date.parse(dueAtWithoutFirstHour(art33, at)) - Date.parse(dueAt(art33, at));
        assert.ok(lagMs >= 0 && lagMs < HOUR_MS);
      }),
    );
  });

  it('reads a fact that nobody knows neither as yes nor as no', () => {
    const keys = Object.keys(factCatalogue) as FactKey[];
    fc.assert(
      fc.property(anyFacts, fc.subarray(keys), instant, (facts, dropped, openedAt) => {
        const kept = Object.fromEntries(Object.entries(facts).filter(([key]) => !dropped.includes(key as FactKey)));
        const states = (given: object) =>
          evaluate({ facts: decided(given), openedAt }, shippedCatalogue).map(({ status }) => status.state);
        const before = states(kept);
        // What is settled with few facts known stays settled the same way with more of the same facts known.
        states(facts).forEach((state, index) => {
          if (before[index] === 'not-required') assert.ok(state === 'not-required' || state === 'filed');
        });
      }),
    );
  });
});
