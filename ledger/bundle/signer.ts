import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { CodedError } from '../../contracts/errors.ts';

/** Signs bundles with one Ed25519 key. */
export interface Signer {
  /** Public key, SPKI DER in base64. */
  readonly publicKey: string;
  /** SHA-256 of that DER, hex: what people compare. */
  readonly fingerprint: string;
  /** Signature of a bundle, base64. */
  sign(digest: string, lines: number): string;
}

/** What is signed: the words keep the signature from meaning anything else. */
function signedText(digest: string, lines: number): string {
  return `firebreak bundle 1\n${digest}\n${lines}\n`;
}

function privateKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    throw new CodedError('BUNDLE_KEY_MISSING', 'the signing key cannot be read', { cause });
  }
  throw new CodedError('BUNDLE_KEY_MISSING', 'the signing key is no Ed25519 key');
}

/**
 * Opens a signing key.
 *
 * @param pem - Ed25519 private key, PKCS #8 PEM.
 * @throws BUNDLE_KEY_MISSING when it is none.
 * @source RFC 8032 (Ed25519), RFC 8410 (its key formats)
 */
export function signerOf(pem: string): Signer {
  const key = privateKey(pem);
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: der.toString('base64'),
    fingerprint: createHash('sha256').update(der).digest('hex'),
    sign: (digest, lines) => sign(null, Buffer.from(signedText(digest, lines)), key).toString('base64'),
  };
}
