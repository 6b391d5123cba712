import assert from 'node:assert/strict';
import { openQuestions } from '../../../../obligations/law/ask.ts';
import { contractRecords, type ContractClause } from '../../../../obligations/law/contracts.ts';
import { assessLaw, versionOn } from '../../../../obligations/law/law.ts';
import { checkRecords } from '../../../../obligations/law/load.ts';
import { projectClocks } from '../../../../obligations/law/project.ts';
import { severity } from '../../../../obligations/law/severity.ts';
import { answerOf, assessmentOf, caseOf, lawRecord, reviewedLaw, shippedLaw } from '../../../support/law.ts';

const AWARE = { at: '2026-11-02T14:20:00+01:00' };

describe('assessLaw', () => {
  it('never lets proposed or pending law answer, and keeps it beside', () => {
    const ids = answerOf({ law: reviewedLaw }).assessments.map(({ id }) => id);
    assert.ok(!ids.includes('us.circia'));
    assert.equal(ids.filter((id) => id === 'eu.gdpr.art33').length, 1);
    assert.ok(shippedLaw.records.some(({ status }) => status === 'proposed'));
    const high = { personalDataBreach: true, riskToPeople: 'risk', awareAt: AWARE };
    const found = assessmentOf('eu.gdpr.art33', {
      facts: { roles: ['controller'], euEstablished: true },
      decided: high,
    });
    assert.equal(found.dueAt, '2026-11-05T13:20:00.000Z');
  });

  it('applies law from its first day, and says what is not in force yet', () => {
    const cra = (at: string) => {
      const { assessments, notYet } = answerOf({ decided: { awareAt: { at } } });
      return [assessments.some(({ id }) => id === 'eu.cra.art14-3'), notYet.some(({ id }) => id === 'eu.cra.art14-3')];
    };
    assert.deepEqual(cra('2026-09-10T23:00:00Z'), [false, true]);
    assert.deepEqual(cra('2026-09-11T00:00:00Z'), [true, false]);
    assert.deepEqual(answerOf({ decided: { awareAt: AWARE } }).notYet, [{ id: 'in.dpdp.rule7', from: '2027-05-13' }]);
  });

  it('tells an expired record, and who has to mend the catalogue', () => {
    const expired = { ...lawRecord('eu.gdpr.art34'), effective: { from: '2018-05-25', to: '2026-01-01' } };
    const law = { ...shippedLaw, records: [expired] };
    const { assessments, problems } = assessLaw(caseOf({ decided: { awareAt: AWARE } }), law);
    assert.deepEqual(assessments, []);
    assert.deepEqual(
      problems.map(({ code, fact, ask }) => [code, fact, ask]),
      [['LAW_RECORD_EXPIRED', 'awareAt', 'operator']],
    );
  });

  it('leaves roles open of which the engine named one in passing, also once the scope is final', () => {
    const facts = { controllerOrProcessor: 'controller', scopeFinal: true };
    assert.equal(assessmentOf('us.ny.hipaa', { facts, law: reviewedLaw }).result, 'undetermined');
    const all = { facts: { ...facts, roles: ['controller'] }, law: reviewedLaw };
    assert.equal(assessmentOf('us.ny.hipaa', all).result, 'not_required');
  });

  it('takes the version of the day of the duty', () => {
    const pecr = shippedLaw.records.filter(({ id }) => id === 'uk.pecr.5a');
    assert.equal(versionOn(pecr, '2025-08-19')?.phases[0]?.limits[0]?.n, 24);
    assert.equal(versionOn(pecr, '2025-08-20')?.phases[0]?.limits[0]?.n, 72);
    assert.equal(versionOn(pecr, '2000-01-01'), undefined);
  });

  it('calls an open phase overdue after its due time, and not at it', () => {
    const said = {
      facts: { roles: ['controller'], euEstablished: true },
      decided: { personalDataBreach: true, riskToPeople: 'risk', awareAt: AWARE },
    };
    const state = (at: string) => assessmentOf('eu.gdpr.art33', { ...said, at }).phases[0]?.state;
    assert.equal(state('2026-11-05T13:20:00Z'), 'open');
    assert.equal(state('2026-11-05T13:20:01Z'), 'overdue');
  });

  it('names the facts it used and those that are missing', () => {
    const found = assessmentOf('eu.gdpr.art33', {
      facts: { roles: ['controller'] },
      decided: { personalDataBreach: true },
    });
    assert.ok(found.factsUsed.includes('roles') && found.factsUsed.includes('personalDataBreach'));
    assert.deepEqual([...found.missingFacts].sort(), ['awareAt', 'euEstablished', 'residents', 'riskToPeople']);
    assert.equal(found.ifReviewed, 'undetermined');
  });

  it('takes a legal conclusion only from a named person', () => {
    const facts = { roles: ['controller'], euEstablished: true, personalDataBreach: true, riskToPeople: 'unlikely' };
    const found = assessmentOf('eu.gdpr.art33', { facts });
    assert.equal(found.ifReviewed, 'needs_decision');
    assert.ok(found.reasons.some((reason) => reason.includes('said, not decided')));
  });

  it('shows the contested reading for information, later than the due time', () => {
    const facts = { roles: ['controller'], euEstablished: true, entityZone: 'Europe/Berlin' };
    const found = assessmentOf('eu.gdpr.art33', {
      facts,
      decided: { personalDataBreach: true, riskToPeople: 'high', awareAt: AWARE },
    });
    assert.equal(found.dueAt, '2026-11-05T13:20:00.000Z');
    assert.equal(found.informationalDueAt, '2026-11-05T14:00:00.000Z');
  });

  it('lists what could still relieve of a duty', () => {
    const facts = { residents: { 'US-NY': 2 }, usElements: ['name_ssn'], unauthorisedAccess: true };
    const found = assessmentOf('us.ny.individuals', { facts });
    assert.deepEqual([found.result, found.mayRelieve], ['required', ['encryption', 'inadvertentAuthorised']]);
  });
});

describe('contracts', () => {
  const clause: ContractClause = {
    ...{ id: 'hospital', with: 'Example Hospital', clause: 'clause 7.2', covers: 'personal_data', start: 'awareAt' },
    ...{ n: 24, unit: 'hours', from: '2025-01-01' },
  };
  const facts = { roles: ['processor'], controllersConcerned: true, personalData: true, effects: ['confidentiality'] };
  const answer = (changes: Partial<ContractClause>, said: object = facts, decided: object = { awareAt: AWARE }) => {
    const records = checkRecords('contracts', contractRecords([{ ...clause, ...changes }]), shippedLaw);
    const { assessments, problems } = answerOf({ facts: { ...said }, decided: { ...decided } }, records);
    const found = assessments.find(({ id }) => id === 'contract.hospital');
    return [found?.ifReviewed, found?.dueAt, problems.map(({ code }) => code)];
  };
  const calendar = { unit: 'business_days', calendar: 'de' } as const;

  for (const [what, changes, said, decided, expected] of [
    ['24 hours', {}, facts, { awareAt: AWARE }, ['required', '2026-11-03T13:20:00.000Z', []]],
    [
      '48 hours over the end of summer time',
      { n: 48 },
      facts,
      { awareAt: { at: '2026-10-24T10:00:00+02:00' } },
      ['required', '2026-10-26T08:00:00.000Z', []],
    ],
    [
      'two days, to the end of the day',
      { n: 2, unit: 'days', zone: 'Europe/Berlin' },
      facts,
      { awareAt: AWARE },
      ['required', '2026-11-04T22:59:59.000Z', []],
    ],
    [
      'one business day from a Friday',
      { n: 1, ...calendar },
      facts,
      { awareAt: { at: '2026-11-06T10:00:00+01:00' } },
      ['required', '2026-11-09T22:59:59.000Z', []],
    ],
    [
      'two business days over Christmas',
      { n: 2, ...calendar },
      facts,
      { awareAt: { at: '2026-12-23T10:00:00+01:00' } },
      ['required', '2026-12-28T22:59:59.000Z', []],
    ],
    [
      'business days in a zone of its own',
      { n: 1, ...calendar, zone: 'Asia/Tokyo' },
      facts,
      { awareAt: { at: '2026-11-05T23:30:00+09:00' } },
      ['required', '2026-11-06T14:59:59.000Z', []],
    ],
    [
      'from detection',
      { start: 'detectedAt' },
      { ...facts, detectedAt: '2026-11-02T08:00:00Z' },
      {},
      ['required', '2026-11-03T08:00:00.000Z', []],
    ],
    [
      'no data of customers',
      {},
      { ...facts, controllersConcerned: false },
      { awareAt: AWARE },
      ['not_required', '2026-11-03T13:20:00.000Z', []],
    ],
    [
      'no processor',
      {},
      { ...facts, roles: ['controller'] },
      { awareAt: AWARE },
      ['not_required', '2026-11-03T13:20:00.000Z', []],
    ],
    [
      'any incident, without personal data',
      { covers: 'any_incident' },
      { effects: ['availability'] },
      { awareAt: AWARE },
      ['required', '2026-11-03T13:20:00.000Z', []],
    ],
    [
      'nothing known of the data',
      {},
      { roles: ['processor'] },
      { awareAt: AWARE },
      ['undetermined', '2026-11-03T13:20:00.000Z', []],
    ],
    [
      'a contract that ended',
      { to: '2026-01-01' },
      facts,
      { awareAt: AWARE },
      [undefined, undefined, ['LAW_RECORD_EXPIRED']],
    ],
  ] as const)
    it(`reckons a clause: ${what}`, () => {
      assert.deepEqual(answer(changes, said, decided), expected);
    });

  it('refuses a clause that cannot be reckoned', () => {
    const bad = contractRecords([{ ...clause, start: 'someday' }]);
    assert.throws(() => checkRecords('contracts', bad, shippedLaw), { code: 'LAW_RECORD_INVALID' });
  });

  it('may reassure once its owner reviewed it', () => {
    const reviewed = { ...clause, reviewedBy: 'Dr. Example', reviewedOn: '2026-01-01' };
    const records = checkRecords('contracts', contractRecords([reviewed]), shippedLaw);
    const { assessments } = answerOf({ facts: { roles: ['controller'] }, decided: { awareAt: AWARE } }, records);
    assert.equal(assessments.find(({ id }) => id === 'contract.hospital')?.result, 'not_required');
  });
});

describe('openQuestions', () => {
  it('asks first what alone settles a duty, and always in the same order', () => {
    const said = {
      facts: { roles: ['controller'], euEstablished: true },
      decided: { personalDataBreach: true, awareAt: AWARE },
    };
    const questions = openQuestions(answerOf(said), shippedLaw.vocabulary);
    assert.equal(questions[0]?.fact, 'riskToPeople');
    assert.deepEqual(questions[0].decidedBy, ['privacy', 'counsel']);
    assert.ok(questions[0].holdsUp.includes('eu.gdpr.art33') && questions[0].earliestDueAt !== null);
    assert.deepEqual(openQuestions(answerOf(said), shippedLaw.vocabulary), questions);
  });

  it('asks nobody for what has not happened yet', () => {
    const facts = openQuestions(answerOf({}), shippedLaw.vocabulary).map(({ fact }) => fact);
    for (const fact of ['submissions', 'individualsNotifiedAt', 'measureAvailableAt'])
      assert.ok(!facts.includes(fact), fact);
  });
});

describe('projectClocks', () => {
  it('chains a phase to the due time of the one before', () => {
    const known = caseOf({ facts: { roles: ['essential_entity'], entityZone: 'Europe/Berlin' } });
    const phases = projectClocks(lawRecord('eu.nis2.art23'), Date.parse('2026-11-24T08:00:00Z'), known, shippedLaw);
    assert.deepEqual(
      phases.map(({ phase, clock, isChained }) => [phase.id, new Date(clock.dueMs ?? 0).toISOString(), isChained]),
      [
        ['early-warning', '2026-11-25T08:00:00.000Z', false],
        ['notification', '2026-11-27T08:00:00.000Z', false],
        ['final', '2026-12-27T08:00:00.000Z', true],
      ],
    );
  });
});

describe('severity', () => {
  const none = { confidentiality: 0, integrity: 0, availability: 0, isMalicious: false } as const;
  for (const [what, input, score, band] of [
    [
      'ransomware at a hospital',
      { ...none, context: 4, identification: 0.75, availability: 0.25, isMalicious: true },
      3.75,
      'high',
    ],
    [
      'a salary mail to the wrong colleague',
      { ...none, context: 3, identification: 1, confidentiality: 0.25 },
      3.25,
      'high',
    ],
    ['a lost encrypted laptop', { ...none, context: 1, identification: 0.25 }, 0.25, 'low'],
    [
      'a mail with 150 recipients in the open',
      { ...none, context: 1, identification: 1, confidentiality: 0.25, people: 150 },
      1.25,
      'low',
    ],
    [
      'diagnoses that were exfiltrated',
      { ...none, context: 4, identification: 1, confidentiality: 0.5, isMalicious: true },
      5,
      'very high',
    ],
  ] as const)
    it(`scores ${what}`, () => {
      const found = severity(input);
      assert.deepEqual([found.score, found.band, found.inputs], [score, band, input]);
    });

  it('flags numbers and unintelligible data beside the score', () => {
    const flags = severity({ ...none, context: 1, identification: 1, people: 101, isUnintelligible: true }).flags;
    assert.equal(flags.length, 2);
  });
});
