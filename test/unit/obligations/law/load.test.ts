import assert from 'node:assert/strict';
import { factCatalogue } from '../../../../contracts/facts.ts';
import { checkRecords, loadLaw, withReviews } from '../../../../obligations/law/load.ts';
import { readLawFiles } from '../../../../cli/commands/law-files.ts';
import { assessmentOf, lawRecord, shippedLaw } from '../../../support/law.ts';
import { shippedCatalogue } from '../../../support/obligation-records.ts';
import type { LawRecord } from '../../../../obligations/law/record.ts';

const art33 = lawRecord('eu.gdpr.art33');
const [phase] = art33.phases as [LawRecord['phases'][number]];
const refused = (changes: object, place: RegExp) => {
  assert.throws(() => checkRecords('x.yaml', [{ ...art33, ...changes }], shippedLaw), {
    code: 'LAW_RECORD_INVALID',
    what: place,
  });
};
const limits = (...list: object[]) => ({ phases: [{ ...phase, limits: list }] });

describe('checkRecords', () => {
  it('takes what it gave', () => {
    assert.equal(checkRecords('x.yaml', [art33], shippedLaw).length, 1);
  });

  for (const [what, changes, place] of [
    ['a record without a source', { verified: { by: null, on: null, asOf: '2026-11-24' } }, /verified/],
    ['a source that is not listed', { verified: { ...art33.verified, source: 'F:S99' } }, /F:S99 is not in sources/],
    ['a limit without a source', limits({ n: 72, unit: 'hours' }), /limits\/0/],
    ['a limit in words', limits({ n: '72', unit: 'hours', source: 'F:S1' }), /limits\/0\/n/],
    ['an unknown unit', limits({ n: 3, unit: 'moons', source: 'F:S1' }), /unit/],
    ['business days without a calendar', limits({ n: 3, unit: 'business_days', source: 'F:S1' }), /need a calendar/],
    [
      'a calendar that is not there',
      limits({ n: 3, unit: 'business_days', calendar: 'mars', source: 'F:S1' }),
      /calendar mars/,
    ],
    ['neither limit nor words of the law', { phases: [{ ...phase, limits: [], qualifier: undefined }] }, /qualifier/],
    ['a start that is no instant', { phases: [{ ...phase, start: 'malicious' }] }, /malicious is no instant/],
    ['a start from a phase that is not there', { phases: [{ ...phase, start: 'submitted(moon)' }] }, /no phase moon/],
    ['a number without a source', { trigger: { fact: 'affectedPeople', atLeast: 500 } }, /the number has no source/],
    ['a fact that is not in the vocabulary', { trigger: { fact: 'moonPhase', is: true } }, /moonPhase/],
    ['a value that a fact never has', { trigger: { fact: 'roles', has: ['king'] } }, /king/],
    ['an operator that is not there', { trigger: { fact: 'malicious', matches: '.*' } }, /trigger/],
    ['residents of nowhere', { trigger: { fact: 'residents', of: 'XX', atLeast: 1 } }, /XX/],
    ['malice that relieves', { trigger: { fact: 'malicious', is: false } }, /the other way round/],
    [
      'people that relieve',
      { trigger: { not: { fact: 'affectedPeople', atLeast: 5, source: 'M' } } },
      /other way round/,
    ],
    ['a risk that relieves', { trigger: { fact: 'riskToPeople', in: ['unlikely', 'risk'] } }, /other way round/],
    [
      'an exemption by sensitivity',
      { exemptions: [{ id: 'x', when: { fact: 'categories', has: ['health'] }, mustRecord: true, source: 'M' }] },
      /other way round/,
    ],
    ['law in force without a date', { effective: { from: null, to: null } }, /effective\.from/],
    ['law that ends before it begins', { effective: { from: '2020-01-01', to: '2019-01-01' } }, /effective\.to/],
    ['what is superseded without an end', { status: 'superseded' }, /effective\.to/],
    ['a field that nobody knows', { colour: 'blue' }, /additional/],
  ] as const)
    it(`refuses ${what}, naming file, record and place`, () => {
      refused(changes, new RegExp(`^x\\.yaml.*eu\\.gdpr\\.art33.*${place.source}`));
    });

  it('refuses two versions of a duty on the same day', () => {
    const files = readLawFiles();
    const twice = { file: 'y.yaml', value: [{ ...art33, effective: { from: '2026-01-01', to: null } }] };
    assert.throws(() => loadLaw({ ...files, catalogue: [...files.catalogue, twice] }), { code: 'LAW_RECORD_INVALID' });
  });
});

describe('withReviews', () => {
  const decided = { personalDataBreach: true, riskToPeople: 'unlikely', awareAt: { at: '2026-11-02T13:20:00Z' } };
  const said = { facts: { roles: ['controller'], euEstablished: true }, decided };
  const review = { id: 'eu.gdpr.art33', version: '2018-05-25', by: 'Dr. Example', on: '2026-11-25' };
  const resultWith = (reviews: readonly (typeof review)[]) => {
    const law = { ...shippedLaw, records: withReviews(shippedLaw.records, reviews) };
    const { result, provisional, unreviewed } = assessmentOf('eu.gdpr.art33', { ...said, law });
    return { result, provisional, unreviewed };
  };

  it('lets only a reviewed record say that nothing is due', () => {
    assert.deepEqual(resultWith([]), { result: 'undetermined', provisional: true, unreviewed: true });
    assert.deepEqual(resultWith([review]), { result: 'not_required', provisional: false, unreviewed: false });
  });

  it('takes no review of another version, nor one that is older than the last check', () => {
    assert.equal(resultWith([{ ...review, version: '2020-01-01' }]).unreviewed, true);
    assert.equal(resultWith([{ ...review, on: '2026-11-23' }]).unreviewed, true);
  });

  it('cannot make found what was written from memory', () => {
    const law = {
      ...shippedLaw,
      records: withReviews(shippedLaw.records, [
        { id: 'uk.ukgdpr.art33', version: '2021-01-01', by: 'x', on: '2026-11-25' },
      ]),
    };
    const facts = { roles: ['controller'], ukEstablished: true };
    assert.equal(assessmentOf('uk.ukgdpr.art33', { facts, decided, law }).result, 'undetermined');
  });
});

describe('the vocabulary', () => {
  it('holds every fact of the engine', () => {
    for (const key of Object.keys(factCatalogue)) assert.ok(shippedLaw.vocabulary.get(key)?.engine !== undefined, key);
  });

  it('has the type of the engine', () => {
    const types: Readonly<Record<string, string>> = {
      boolean: 'flag',
      integer: 'count',
      string: 'text',
      array: 'residents',
    };
    for (const [key, { schema }] of Object.entries(factCatalogue)) {
      const expected = '$ref' in schema ? 'instant' : 'enum' in schema ? 'choice' : types[schema.type as string];
      assert.equal(shippedLaw.vocabulary.get(key)?.type, expected, key);
    }
  });

  it('takes every choice that the engine takes', () => {
    for (const [key, { schema }] of Object.entries(factCatalogue))
      if ('enum' in schema) assert.deepEqual(shippedLaw.vocabulary.get(key)?.values, schema.enum, key);
  });

  it('asks a question for every fact that a record may wait for', () => {
    const asked = [...shippedLaw.vocabulary.values()].filter(
      ({ engine, question }) => engine === undefined && question === undefined,
    );
    assert.deepEqual(asked, []);
  });
});

describe('what the engine runs today', () => {
  it('says what the catalogue says: the same limits, dates and duties', () => {
    const known = shippedCatalogue.records.filter(
      ({ status, verified }) => status === 'in_force' && verified.mark === 'found',
    );
    assert.equal(known.length, 3);
    for (const { id, effective, clock } of known) {
      const record = lawRecord(id);
      assert.equal(record.effective.from, effective.from);
      assert.equal(record.phases[0]?.start, clock.start);
      const limit = record.phases[0].limits[0];
      if (clock.basis === 'law') assert.deepEqual([limit?.n, limit?.unit], [clock.limit.n, clock.limit.unit]);
      else assert.equal(limit, undefined, 'the law names no number');
    }
  });
});
