import type { DataConverter } from '@temporalio/common';
import { fileURLToPath } from 'node:url';
import { CodedError } from '../contracts/errors.ts';
import type { SecretReader } from '../activities/port.ts';
import { EncryptingCodec } from './codec.ts';

/** Path of the module with the failure converter: worker, client and bundle must be given the same. */
export const FAILURE_CONVERTER_PATH = fileURLToPath(new URL('./failure-converter.ts', import.meta.url));

const KEY_BYTES = 32;

/** A key given as base64. @throws CONFIG_SECRET_MISSING when it has not 32 bytes. */
export function keyFrom(secrets: SecretReader, reference: string): Buffer {
  const key = Buffer.from(secrets(reference), 'base64');
  if (key.length !== KEY_BYTES)
    throw new CodedError('CONFIG_SECRET_MISSING', `${reference} is not a key of ${KEY_BYTES} bytes in base64`);
  return key;
}

/** Codec of the payload keys; several may be given, separated by commas, the first one writes. */
export function payloadCodec(secrets: SecretReader, reference: string): EncryptingCodec {
  const keys = secrets(reference)
    .split(',')
    .map((part) => Buffer.from(part.trim(), 'base64'));
  if (keys.some((key) => key.length !== KEY_BYTES))
    throw new CodedError('CONFIG_SECRET_MISSING', `${reference} holds a key that has not ${KEY_BYTES} bytes`);
  return new EncryptingCodec(keys);
}

/** Data converter that encrypts everything that Temporal stores. */
export function encryptingConverter(codec: EncryptingCodec): DataConverter {
  return { failureConverterPath: FAILURE_CONVERTER_PATH, payloadCodecs: [codec] };
}
