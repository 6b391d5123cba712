import assert from 'node:assert/strict';
import { settingsHash } from '../../../worker/settings-hash.ts';

describe('settingsHash', () => {
  const issuer = { url: 'https://issuer.example', token: 'file:/etc/firebreak/act.key', read: 'env:READ' };
  const settings = { issuers: { own: issuer } };

  it('is the same whatever the order of keys and the folder of a secret', () => {
    const elsewhere = { issuers: { own: { read: 'env:READ', token: 'file:/run/secrets/act.key', url: issuer.url } } };
    assert.equal(settingsHash(elsewhere), settingsHash(settings));
  });

  for (const [what, change] of Object.entries({
    'another address': { url: 'https://other.example' },
    'another secret': { token: 'file:/etc/firebreak/other.key' },
    'one setting more': { window: 4 },
  })) {
    it(`is another one with ${what}`, () => {
      assert.notEqual(settingsHash({ issuers: { own: { ...issuer, ...change } } }), settingsHash(settings));
    });
  }
});
