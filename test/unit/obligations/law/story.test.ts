import assert from 'node:assert/strict';
import { assessmentOf, lawRecord, type Said } from '../../../support/law.ts';

/** The story: a cloud platform for models whose stores of secrets were stolen; it is the controller of its users' data. */
const facts = {
  roles: ['controller', 'processor', 'essential_entity'],
  sectors: ['cloud'],
  euEstablished: true,
  entityCountry: 'FR',
  entityZone: 'Europe/Paris',
  openedAt: '2026-11-23T08:30:00Z',
  detectedAt: '2026-11-23T08:00:00Z',
  malicious: true,
  unauthorisedAccess: true,
  unauthorisedAcquisition: true,
  effects: ['confidentiality'],
  categories: ['credentials'],
  usElements: ['api_token'],
  residents: { FR: { min: 900 }, 'US-NY': { min: 12 }, 'US-CA': { min: 40 }, 'US-KS': { min: 2 } },
  personalData: true,
  controllersConcerned: true,
  productWithDigitalElements: false,
  crimeSuspected: true,
};
const decided = { personalDataBreach: true, awareAt: { at: '2026-11-23T10:00:00+01:00' } };
const story = (more: Said = {}): Said => ({
  facts: { ...facts, ...more.facts },
  decided: { ...decided, ...more.decided },
});
const answer = (id: string, more?: Said) => {
  const { ifReviewed, result, dueAt } = assessmentOf(id, story(more));
  return { ifReviewed, result, dueAt };
};

describe('the story through the catalogue', () => {
  it('GDPR 33 likely: it waits for the decision on the risk, with its clock running; 34 only if the risk is high', () => {
    const open = answer('eu.gdpr.art33');
    assert.deepEqual(open, { ifReviewed: 'needs_decision', result: 'undetermined', dueAt: '2026-11-26T09:00:00.000Z' });
    assert.equal(answer('eu.gdpr.art33', { decided: { riskToPeople: 'risk' } }).result, 'required');
    assert.equal(answer('eu.gdpr.art34', { decided: { riskToPeople: 'risk' } }).ifReviewed, 'not_required');
    assert.equal(answer('eu.gdpr.art34', { decided: { riskToPeople: 'high' } }).result, 'required');
  });

  it('NIS2 23 fires: a suspectedly malicious compromise of confidentiality at a cloud provider, no user threshold', () => {
    assert.deepEqual(answer('eu.nis2.art23'), {
      ...{ ifReviewed: 'required', result: 'required' },
      dueAt: '2026-11-24T09:00:00.000Z',
    });
    const { reasons } = assessmentOf('eu.nis2.art23', story());
    assert.ok(reasons.some((reason) => reason.startsWith('A malicious act is suspected')));
    assert.equal(answer('eu.nis2.art23', { facts: { malicious: false } }).ifReviewed, 'undetermined');
  });

  it('CRA 14 only for a maker or steward of a product, a steward so far as it is involved', () => {
    assert.equal(answer('eu.cra.art14-1').ifReviewed, 'not_required');
    assert.equal(answer('eu.cra.art14-3').ifReviewed, 'not_required');
    const maker = { facts: { roles: ['manufacturer'], productWithDigitalElements: true } };
    assert.equal(answer('eu.cra.art14-3', maker).ifReviewed, 'needs_decision');
    const steward = { roles: ['oss_steward'], productWithDigitalElements: true };
    const severe = { decided: { craSevere: true } };
    assert.equal(
      answer('eu.cra.art14-3', { facts: { ...steward, stewardDevelopmentSystems: true }, ...severe }).result,
      'required',
    );
    assert.equal(
      answer('eu.cra.art14-3', { facts: { ...steward, stewardDevelopmentSystems: false }, ...severe }).ifReviewed,
      'not_required',
    );
  });

  it('US states only where data elements match: a token alone does not, a name and password does', () => {
    for (const id of ['us.ny.individuals', 'us.ca.individuals', 'us.ks.individuals']) {
      assert.equal(answer(id).ifReviewed, 'undetermined', 'more elements may come while the scope is open');
      assert.equal(answer(id, { decided: { scopeFinal: true } }).ifReviewed, 'not_required');
    }
    const login = { facts: { usElements: ['online_account_credentials'] } };
    assert.equal(answer('us.ny.individuals', login).result, 'required');
    assert.equal(answer('us.ca.individuals', login).result, 'required');
    assert.equal(answer('us.ks.individuals', login).ifReviewed, 'undetermined', 'not known for that state');
  });

  it('customers are told by their processor, without undue delay and without a number', () => {
    assert.deepEqual(answer('eu.gdpr.art33-2'), { ifReviewed: 'required', result: 'required', dueAt: null });
  });

  it('law enforcement is voluntary: a named person decides', () => {
    assert.equal(answer('policy.law-enforcement.referral').ifReviewed, 'needs_decision');
    assert.equal(lawRecord('policy.law-enforcement.referral').voluntary, true);
  });

  it('explains every line, and reassures in none, since nobody reviewed the catalogue', () => {
    for (const id of ['eu.gdpr.art33', 'eu.gdpr.art34', 'eu.nis2.art23', 'eu.cra.art14-1', 'us.ny.individuals']) {
      const assessment = assessmentOf(id, story({ decided: { scopeFinal: true, riskToPeople: 'risk' } }));
      assert.ok(assessment.reasons.length > 0 && assessment.sources.length > 0);
      assert.notEqual(assessment.result, 'not_required');
    }
  });
});
