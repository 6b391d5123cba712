import assert from 'node:assert/strict';
import { assessLaw } from '../../../../obligations/law/law.ts';
import { readFacts } from '../../../../obligations/law/read-facts.ts';
import { answerOf, assessmentOf, caseOf, shippedLaw } from '../../../support/law.ts';

const AT = '2026-11-24T12:00:00Z';
const problemsOf = (document: unknown) =>
  readFacts(document, { ...shippedLaw, atMs: Date.parse(AT) }).problems.map(({ code, fact, ask }) => ({
    code,
    fact,
    ask,
  }));
const decision = (value: unknown, by: object = { by: 'maria', role: 'privacy', at: AT }) => ({ value, ...by });

describe('readFacts', () => {
  for (const [what, document, expected] of [
    [
      'a fact that is not in the vocabulary',
      { facts: { moonPhase: 1 } },
      ['LAW_FACT_UNKNOWN', 'moonPhase', 'operator'],
    ],
    ['a part of the file that nobody reads', { fact: {} }, ['LAW_FACT_UNKNOWN', 'fact', 'operator']],
    ['a file that is no object', ['x'], ['LAW_FACT_TYPE', 'facts', 'operator']],
    ['a flag that is a text', { facts: { malicious: 'yes' } }, ['LAW_FACT_TYPE', 'malicious', 'commander']],
    ['a choice that is none', { facts: { encryption: 'rot13' } }, ['LAW_FACT_TYPE', 'encryption', 'platform']],
    ['a role that is none', { facts: { roles: ['king'] } }, ['LAW_FACT_TYPE', 'roles', 'privacy']],
    ['a count below zero', { facts: { affectedPeople: -1 } }, ['LAW_FACT_TYPE', 'affectedPeople', 'commander']],
    ['half a person', { facts: { affectedPeople: 1.5 } }, ['LAW_FACT_TYPE', 'affectedPeople', 'commander']],
    [
      'a range that descends',
      { facts: { usersAffected: { min: 9, max: 3 } } },
      ['LAW_FACT_TYPE', 'usersAffected', 'platform'],
    ],
    [
      'a time without zone',
      { facts: { detectedAt: '2026-11-23T09:00:00' } },
      ['LAW_ZONE_MISSING', 'detectedAt', 'commander'],
    ],
    ['a zone that is none', { facts: { entityZone: 'Mars/Base' } }, ['LAW_ZONE_MISSING', 'entityZone', 'counsel']],
    ['a zone that is an offset', { facts: { entityZone: '+02:00' } }, ['LAW_ZONE_MISSING', 'entityZone', 'counsel']],
    [
      'a day of no calendar',
      { facts: { detectedAt: { at: '2026-02-30', zone: 'Europe/Berlin' } } },
      ['LAW_FACT_TYPE', 'detectedAt', 'commander'],
    ],
    [
      'a range of time that descends',
      { facts: { occurredAt: { from: '2026-11-02T00:00:00Z', to: '2026-11-01T00:00:00Z' } } },
      ['LAW_FACT_TYPE', 'occurredAt', 'privacy'],
    ],
    [
      'an unknown jurisdiction',
      { facts: { residents: { XX: 3 } } },
      ['LAW_JURISDICTION_UNKNOWN', 'residents', 'privacy'],
    ],
    [
      'an unknown state',
      { facts: { residents: { 'US-ZZ': 3 } } },
      ['LAW_JURISDICTION_UNKNOWN', 'residents', 'privacy'],
    ],
    [
      'awareness in the future',
      { facts: { awareAt: decision({ at: '2026-11-25T00:00:00Z' }) } },
      ['LAW_INSTANT_ORDER', 'awareAt', 'privacy'],
    ],
    [
      'awareness before it happened',
      { facts: { occurredAt: '2026-11-20T00:00:00Z', awareAt: decision({ at: '2026-11-19T00:00:00Z' }) } },
      ['LAW_INSTANT_ORDER', 'awareAt', 'privacy'],
    ],
    [
      'a decision without the role for it',
      { facts: { material: decision(true, { by: 'bob', role: 'comms', at: AT }) } },
      ['LAW_DECIDER_ROLE', 'material', 'disclosure'],
    ],
    [
      'a decision in a role that the person does not hold',
      { people: { bob: ['comms'] }, facts: { material: decision(true, { by: 'bob', role: 'counsel', at: AT }) } },
      ['LAW_DECIDER_ROLE', 'material', 'disclosure'],
    ],
    [
      'a decision without a time',
      { facts: { riskToPeople: decision('unlikely', { by: 'maria', role: 'privacy' }) } },
      ['LAW_DECISION_INCOMPLETE', 'riskToPeople', 'privacy'],
    ],
    [
      'one fact said twice at the same time',
      {
        log: [
          { key: 'malicious', value: true, at: AT },
          { key: 'malicious', value: false, at: AT },
        ],
      },
      ['LAW_FACT_CONTRADICTION', 'malicious', 'commander'],
    ],
    ['a delay that cannot be read', { delays: [{ record: 'x' }] }, ['LAW_FACT_TYPE', 'delays', 'operator']],
    ['days closed that are no dates', { closures: { 'us-sec': ['soon'] } }, ['LAW_FACT_TYPE', 'closures', 'operator']],
  ] as const)
    it(`answers ${what} with a code, the fact and who can mend it`, () => {
      const [code, fact, ask] = expected;
      assert.deepEqual(problemsOf(document), [{ code, fact, ask }]);
    });

  it('says of contradictory facts which they are, and takes none of them', () => {
    const known = caseOf({ facts: { unauthorisedAcquisition: true, unauthorisedAccess: false } });
    assert.deepEqual(
      known.problems.map(({ code, fact }) => [code, fact]),
      [
        ['LAW_FACT_CONTRADICTION', 'unauthorisedAcquisition'],
        ['LAW_FACT_CONTRADICTION', 'unauthorisedAccess'],
      ],
    );
    assert.equal(known.facts.size, 0);
  });

  it('takes the newest of a fact that was corrected, and the clock moves', () => {
    const due = (log: readonly unknown[]) => {
      const known = readFacts({ facts: { roles: ['controller'], euEstablished: true }, log }, shippedLaw);
      return [...known.facts.values()].find(({ key }) => key === 'awareAt')?.value;
    };
    const said = (hour: string, at: string) => ({
      ...{ key: 'awareAt', value: { at: `2026-11-23T${hour}:00:00Z` }, by: 'maria', role: 'privacy', at },
    });
    const [first, second] = [said('10', '2026-11-23T11:00:00Z'), said('07', '2026-11-23T15:00:00Z')];
    assert.deepEqual(due([first, second]), due([second, first]));
    assert.notDeepEqual(due([first, second]), due([first]));
  });

  it('reads what the engine says as it says it', () => {
    const known = caseOf({
      facts: { controllerOrProcessor: 'controller', residents: ['DE'], awareAt: { unknown: true } },
    });
    assert.deepEqual(known.problems, []);
    assert.deepEqual(known.facts.get('roles')?.value, { type: 'set', items: ['controller'], isWhole: false });
    assert.equal(known.facts.has('awareAt'), false);
  });
});

describe('a demoted fact', () => {
  it('lets the clock run provisionally from the earliest plausible instant', () => {
    const facts = { roles: ['controller'], euEstablished: true, detectedAt: '2026-11-23T08:00:00Z' };
    const decided = { awareAt: { at: '2026-11-30T00:00:00Z' }, personalDataBreach: true, riskToPeople: 'risk' };
    const found = assessmentOf('eu.gdpr.art33', { facts, decided, at: AT });
    assert.equal(found.dueAt, '2026-11-26T08:00:00.000Z');
    assert.equal(found.phases[0]?.provisional, true);
  });
});

describe('days that nobody can reckon', () => {
  it('are refused beyond a calendar, never guessed', () => {
    const facts = { roles: ['sec_registrant'] };
    const decided = { material: true, materialDeterminedAt: { at: '2027-12-29T15:00:00Z' } };
    const { assessments, problems } = answerOf({ facts, decided });
    assert.equal(assessments.find(({ id }) => id === 'us.sec.8k.1-05')?.dueAt, null);
    assert.ok(
      problems.some(({ code, fact, ask }) => code === 'LAW_CALENDAR_RANGE' && fact === 'us-sec' && ask === 'operator'),
    );
  });

  it('may be closed by order, where the case says so', () => {
    const facts = { roles: ['sec_registrant'] };
    const decided = { material: true, materialDeterminedAt: { at: '2026-12-21T15:00:00Z' } };
    const known = caseOf({ facts, decided });
    const closed = { ...known, closures: { 'us-sec': ['2026-12-24'] } };
    const due = (given: typeof known) =>
      assessLaw(given, shippedLaw).assessments.find(({ id }) => id === 'us.sec.8k.1-05')?.dueAt;
    assert.equal(due(known), '2026-12-28T22:30:00.000Z'); // Friday 25 December is closed
    assert.equal(due(closed), '2026-12-29T22:30:00.000Z');
  });
});
