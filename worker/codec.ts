import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { METADATA_ENCODING_KEY, type Payload, type PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { CodedError } from '../contracts/errors.ts';

const { temporal } = proto; // the package is CommonJS

const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const NONCE_BYTES = 12; // NIST SP 800-38D
const TAG_BYTES = 16;
const text = new TextEncoder();

/** Name of a key in payload metadata: not secret, the same in every process that has the key. */
function keyIdOf(key: Uint8Array): string {
  return createHash('sha256').update('payload-key-id').update(key).digest('hex').slice(0, 16);
}

/** @throws STACK_PAYLOAD_KEY_MISSING when the tag does not fit: another key of that name, or bytes that were changed. */
function unseal(key: Uint8Array, data: Buffer, keyId: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, NONCE_BYTES)).setAuthTag(
    data.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES),
  );
  try {
    return Buffer.concat([decipher.update(data.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new CodedError('STACK_PAYLOAD_KEY_MISSING', `a payload under the key ${keyId} cannot be opened`, { cause });
  }
}

/**
 * Encrypts every payload with AES-256-GCM: arguments, results, memo, heartbeats, summaries and failure details.
 *
 * @param keys - 32 bytes each; the first one writes, all of them read, so that keys can be changed under running incidents.
 */
export class EncryptingCodec implements PayloadCodec {
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #writer: string;

  constructor(keys: readonly Uint8Array[]) {
    this.#keys = new Map(keys.map((key) => [keyIdOf(key), key]));
    this.#writer = keyIdOf(keys[0]!);
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return new Promise((resolve) => resolve(payloads.map((payload) => this.#seal(payload))));
  }

  decode(payloads: Payload[]): Promise<Payload[]> {
    return new Promise((resolve) => resolve(payloads.map((payload) => this.#open(payload)))); // a throw rejects
  }

  #seal(payload: Payload): Payload {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keys.get(this.#writer)!, nonce);
    const plain = temporal.api.common.v1.Payload.encode(payload).finish();
    const body = Buffer.concat([cipher.update(plain), cipher.final()]);
    return {
      metadata: { [METADATA_ENCODING_KEY]: text.encode(ENCODING), [KEY_ID]: text.encode(this.#writer) },
      data: Buffer.concat([nonce, cipher.getAuthTag(), body]),
    };
  }

  #open(payload: Payload): Payload {
    const encoding = payload.metadata?.[METADATA_ENCODING_KEY];
    if (!encoding || Buffer.from(encoding).toString() !== ENCODING || !payload.data) return payload;
    const keyId = Buffer.from(payload.metadata?.[KEY_ID] ?? []).toString();
    const key = this.#keys.get(keyId);
    if (!key) throw new CodedError('STACK_PAYLOAD_KEY_MISSING', `the payload key ${keyId} is not configured here`);
    const plain = unseal(key, Buffer.from(payload.data), keyId);
    return temporal.api.common.v1.Payload.decode(plain);
  }
}
