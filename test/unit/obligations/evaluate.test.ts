import assert from 'node:assert/strict';
import { assess } from '../../../obligations/assess.ts';
import { evaluate } from '../../../obligations/evaluate.ts';
import { decided, shippedCatalogue, shippedRecord } from '../../support/obligation-records.ts';
import { testIncident } from '../../support/page-calls.ts';
import type { EvaluationInput } from '../../../obligations/evaluate.ts';
import type { ObligationStatus } from '../../../contracts/messages.ts';

const openedAt = '2026-10-23T13:00:00.000Z';
const whole = decided({
  awareAt: { at: '2026-10-23T12:20:00Z' },
  controllerOrProcessor: 'both',
  personalDataBreach: true,
  riskToPeople: 'risk',
  crimeSuspected: true,
});

const statusOf = (id: string, input: Partial<EvaluationInput>): ObligationStatus => {
  const found = evaluate({ facts: whole, openedAt, ...input }, shippedCatalogue).find(({ status }) => status.id === id);
  assert.ok(found);
  return found.status;
};

describe('evaluate', () => {
  it('lists each duty in force once, and never a proposal', () => {
    const ids = evaluate({ facts: whole, openedAt }, shippedCatalogue).map(({ status }) => status.id);
    assert.deepEqual(ids, ['eu.gdpr.art33', 'eu.gdpr.art33-2', 'eu.gdpr.art34', 'policy.law-enforcement.referral']);
  });

  it('runs the authority clock from decided awareness', () => {
    const { state, dueAt, filing, of } = statusOf('eu.gdpr.art33', {});
    assert.deepEqual(
      { state, dueAt, filing, of },
      {
        state: 'running',
        dueAt: '2026-10-26T12:20:00.000Z',
        filing: 'authority',
        of: 'privacy',
      },
    );
  });

  it('runs every clock provisionally while nothing is known', () => {
    const states = evaluate({ facts: {}, openedAt }, shippedCatalogue).map(({ status }) => status.state);
    assert.deepEqual([...new Set(states)], ['provisional']);
  });

  it('rules a duty out only by a fact that is known', () => {
    assert.equal(statusOf('eu.gdpr.art33', { facts: decided({ riskToPeople: 'unlikely' }) }).state, 'not-required');
    const ruledOut = statusOf('eu.gdpr.art33', { facts: decided({ personalDataBreach: false }) });
    assert.equal(ruledOut.state, 'not-required');
    assert.equal(ruledOut.because, 'decided by personalDataBreach');
    assert.equal(ruledOut.dueAt, undefined);
  });

  it('ends a duty when its filing was recorded, or recorded as not filed', () => {
    const filings = (state: 'draft' | 'filed' | 'not-filed') => [{ kind: 'authority', state } as const];
    assert.equal(statusOf('eu.gdpr.art33', { filings: filings('draft') }).state, 'running');
    assert.equal(statusOf('eu.gdpr.art33', { filings: filings('filed') }).state, 'filed');
    assert.equal(statusOf('eu.gdpr.art33', { filings: filings('not-filed') }).state, 'not-required');
  });

  it('ends the processor duty when customers were told', () => {
    assert.equal(statusOf('eu.gdpr.art33-2', {}).state, 'running');
    assert.equal(
      statusOf('eu.gdpr.art33-2', { facts: { ...whole, ...decided({ controllersTold: 3 }) } }).state,
      'filed',
    );
    assert.equal(
      statusOf('eu.gdpr.art33-2', { facts: { ...whole, ...decided({ controllersTold: 0 }) } }).state,
      'running',
    );
  });

  it('asks for telling people only at high risk', () => {
    assert.equal(statusOf('eu.gdpr.art34', {}).state, 'not-required');
    assert.equal(
      statusOf('eu.gdpr.art34', { facts: { ...whole, ...decided({ riskToPeople: 'high' }) } }).state,
      'running',
    );
  });

  it('says where a date is a target of the organisation', () => {
    assert.match(statusOf('policy.law-enforcement.referral', {}).title, /target date by policy, not law/);
    assert.equal(statusOf('policy.law-enforcement.referral', {}).policyTarget, true);
    assert.equal(statusOf('eu.gdpr.art33', {}).policyTarget, undefined);
  });

  it('calls an open duty overdue after its due instant, and not at it', () => {
    assert.equal(statusOf('eu.gdpr.art33', { asOf: '2026-10-26T12:20:00.000Z' }).state, 'running');
    assert.equal(statusOf('eu.gdpr.art33', { asOf: '2026-10-26T12:20:00.001Z' }).state, 'overdue');
  });

  it('does not evaluate a record before it was in force', () => {
    const facts = decided({ awareAt: { at: '2018-05-24T23:59:59Z' } });
    const ids = evaluate({ facts, openedAt }, shippedCatalogue).map(({ status }) => status.id);
    assert.ok(!ids.includes('eu.gdpr.art33'));
  });

  it('never rules out by a record that nobody reviewed', () => {
    const record = { ...shippedRecord('eu.gdpr.art33'), verified: { mark: 'memory', source: 'none' } } as const;
    const [only] = evaluate({ facts: decided({ personalDataBreach: false }), openedAt }, { records: [record] });
    assert.equal(only?.status.state, 'provisional');
  });
});

describe('assess', () => {
  it('gives a clock to each open duty and to no other', () => {
    const { clocks, obligations } = assess(
      { incident: testIncident, facts: whole, openedAt, filings: [{ kind: 'authority', state: 'filed' }] },
      shippedCatalogue,
    );
    assert.equal(obligations.length, 4);
    assert.deepEqual(
      clocks.map(({ obligation }) => obligation),
      ['eu.gdpr.art33-2', 'policy.law-enforcement.referral'],
    );
    assert.equal(clocks[0]?.parentWorkflowId, `incident/${testIncident}`);
  });
});
