import assert from 'node:assert/strict';
import { covers, isHoldAudience } from '../../../contracts/holds.ts';

const reader = (locale: string, relation: string, subject = 'a'.repeat(32)) => ({
  subject,
  attributes: { locale, relation },
});

describe('covers', () => {
  for (const [audience, covered, free] of [
    ['everyone', reader('en', 'controller'), undefined],
    ['people', reader('en', 'owner'), reader('en', 'controller')],
    ['controllers', reader('en', 'controller'), reader('en', 'store-admin')],
    ['locale:de', reader('de-AT', 'owner'), reader('den', 'owner')],
    [`person:${'a'.repeat(32)}`, reader('en', 'owner'), reader('en', 'owner', 'b'.repeat(32))],
  ] as const) {
    it(`knows whom ${audience.slice(0, 20)} means`, () => {
      assert.ok(isHoldAudience(audience));
      assert.equal(covers(audience, covered), true);
      if (free) assert.equal(covers(audience, free), false);
    });
  }
});

describe('isHoldAudience', () => {
  for (const text of ['', 'all', 'locale:', 'person:dana', 'everyone ', 'locale:de;people'])
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(isHoldAudience(text), false);
    });
});
