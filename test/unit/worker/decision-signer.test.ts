import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { decisionSigner } from '../../../worker/decision-signer.ts';
import { freshSigner, TEST_DOOR_PEM, testDoor } from '../../support/decision-proofs.ts';

const keys = {
  ...{ encryption: 'env:E', payload: 'env:P', signing: 'env:S', decisions: 'env:D' },
  decisionsPublic: [freshSigner().publicKey, testDoor.publicKey],
};

describe('decisionSigner', () => {
  it('signs with the configured key, which stands among those that workers believe', () => {
    assert.equal(decisionSigner(keys, () => TEST_DOOR_PEM).publicKey, testDoor.publicKey);
  });

  it('refuses a key that no worker would believe, and what is no Ed25519 key', () => {
    const stranger = { ...keys, decisionsPublic: [freshSigner().publicKey] };
    assert.throws(() => decisionSigner(stranger, () => TEST_DOOR_PEM), { code: 'CONFIG_DECISION_KEY' });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const other = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    for (const pem of [other, 'no key'])
      assert.throws(() => decisionSigner(keys, () => pem), { code: 'CONFIG_DECISION_KEY' });
  });
});
