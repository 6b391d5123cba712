import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { PUBLIC_KEY, SIGNATURE } from '../contracts/decision-proof.ts';

/** Signs texts with one Ed25519 key. */
export interface TextSigner {
  /** `ed25519:...` (contracts/decision-proof.ts). */
  readonly publicKey: string;
  /** Signature, base64url. */
  sign(text: string): string;
}

const PREFIX = 'ed25519:';

/** The public part of an Ed25519 key, as files and records write it. */
export function publicKeyText(key: KeyObject): string {
  return `${PREFIX}${createPublicKey(key).export({ format: 'jwk' }).x ?? ''}`;
}

/**
 * Opens a private key.
 *
 * @param pem - Ed25519, PKCS #8 PEM.
 * @returns `undefined` where it is none.
 * @source RFC 8032 (Ed25519), RFC 8037 (its JWK form)
 */
export function textSigner(pem: string): TextSigner | undefined {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return undefined;
  }
  if (key.asymmetricKeyType !== 'ed25519') return undefined;
  return {
    publicKey: publicKeyText(key),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64url'),
  };
}

/** Whether a text was signed by the holder of a key; whatever is not well formed was not. */
export function isSignedBy(publicKey: string, text: string, signature: unknown): boolean {
  if (!PUBLIC_KEY.test(publicKey) || typeof signature !== 'string' || !SIGNATURE.test(signature)) return false;
  try {
    const x = publicKey.slice(PREFIX.length);
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false; // 32 bytes that are no point of the curve
  }
}
