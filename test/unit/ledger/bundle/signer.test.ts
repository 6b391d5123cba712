import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { signerOf } from '../../../../ledger/bundle/signer.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

describe('signerOf', () => {
  it('names the public key and its fingerprint', () => {
    const signer = signerOf(pem);
    const der = publicKey.export({ format: 'der', type: 'spki' });
    assert.equal(signer.publicKey, der.toString('base64'));
    assert.equal(signer.fingerprint, createHash('sha256').update(der).digest('hex'));
  });

  it('signs digest and number of lines', () => {
    const signature = Buffer.from(signerOf(pem).sign('ab', 3), 'base64');
    const key = createPublicKey(privateKey);
    assert.equal(verify(null, Buffer.from('firebreak bundle 1\nab\n3\n'), key, signature), true);
    assert.equal(verify(null, Buffer.from('firebreak bundle 1\nab\n4\n'), key, signature), false);
  });

  it('refuses every other key', () => {
    const x25519 = generateKeyPairSync('x25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const own = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    for (const other of [x25519, own, '', 'no key'])
      assert.throws(() => signerOf(other), { code: 'BUNDLE_KEY_MISSING' });
  });
});
