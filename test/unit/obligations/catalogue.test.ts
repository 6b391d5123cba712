import assert from 'node:assert/strict';
import { parseCatalogue } from '../../../obligations/catalogue.ts';
import { shippedCatalogue, shippedRecord } from '../../support/obligation-records.ts';

const record = shippedRecord('eu.gdpr.art33');
const parse = (changes: Record<string, unknown>) =>
  parseCatalogue([{ file: 'x.yaml', records: [{ ...record, ...changes }] }]);

describe('parseCatalogue', () => {
  it('keeps proposals beside the law', () => {
    assert.ok(shippedCatalogue.records.some(({ status }) => status === 'proposed'));
  });

  for (const [what, changes] of [
    ['a fact that is not in the catalogue', { when: { fact: 'moonPhase', is: true } }],
    ['a condition without a test', { when: { fact: 'crimeSuspected' } }],
    ['an empty list of conditions', { when: { all: [] } }],
    ['a clock without a number', { clock: { ...record.clock, limit: { n: '72', unit: 'hours' } } }],
    ['a clock in days', { clock: { ...record.clock, limit: { n: 3, unit: 'days' } } }],
    ['a record in force without a date', { effective: { from: null, to: null } }],
    ['a record without a source', { verified: { mark: 'found' } }],
    ['an unknown status', { status: 'rumoured' }],
    ['a record without a role', { of: '' }],
    ['a discharge by nothing', { discharge: {} }],
    ['a reminder before nothing', { remindHoursBefore: [0] }],
  ] as const) {
    it(`refuses ${what}, naming file and record`, () => {
      assert.throws(() => parse(changes), { code: 'OBLIGATION_CATALOGUE_INVALID', what: /^x\.yaml record 1/ });
    });
  }

  it('refuses two versions in force on one day', () => {
    const versions = (from: string) => [
      { file: 'x.yaml', records: [{ ...record, effective: { from: '2018-05-25', to: '2027-01-01' } }] },
      { file: 'y.yaml', records: [{ ...record, effective: { from, to: null } }] },
    ];
    assert.throws(() => parseCatalogue(versions('2026-12-31')), { code: 'OBLIGATION_CATALOGUE_INVALID' });
    assert.equal(parseCatalogue(versions('2027-01-01')).records.length, 2);
  });
});
