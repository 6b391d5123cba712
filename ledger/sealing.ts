import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const VERSION = 1; // first byte of every sealed value: algorithm and layout
const NONCE_BYTES = 12; // NIST SP 800-38D: 96-bit nonce
const TAG_BYTES = 16;
/** Length of every key: AES-256. */
export const KEY_BYTES = 32;

/**
 * Seals bytes with AES-256-GCM under a random nonce.
 *
 * @param context - bound as additional data: a value moved to another place does not open there.
 * @returns version byte, nonce, tag, ciphertext.
 */
export function seal(key: Uint8Array, plain: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), body]);
}

/**
 * Opens what {@link seal} made.
 *
 * @throws Error when key or context is another one, or a byte was changed.
 */
export function unseal(key: Uint8Array, sealed: Uint8Array, context: string): Buffer {
  if (sealed[0] !== VERSION) throw new Error('sealed with an unknown version');
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(context))
    .setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES + TAG_BYTES)), decipher.final()]);
}
