import type { FastifyRequest } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';

const KEY = /^[\x21-\x7e]{1,200}$/;

/** The idempotency key of a request that changes something. @throws GATEWAY_KEY_MISSING */
export function keyOf({ headers }: FastifyRequest): string {
  const key = headers['idempotency-key'];
  if (typeof key !== 'string' || !KEY.test(key))
    throw new CodedError(
      'GATEWAY_KEY_MISSING',
      'the Idempotency-Key header is missing or not 1 to 200 plain characters',
    );
  return key;
}
