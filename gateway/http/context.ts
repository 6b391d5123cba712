import type { FastifyRequest } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import { authorize, type Operation } from '../auth/authorize.ts';
import { identify, type Identity } from '../auth/identity.ts';
import type { GatewayDeps } from '../deps.ts';

const KEY_MAX_CHARS = 200;

/** Lets a request in for an operation. @throws GATEWAY_UNAUTHENTICATED, GATEWAY_FORBIDDEN */
export function admit(request: FastifyRequest, deps: GatewayDeps, operation: Operation): Identity {
  const identity = identify(request.headers.authorization, deps);
  authorize(identity, operation);
  return identity;
}

/** The idempotency key of a request that changes something. @throws GATEWAY_KEY_MISSING */
export function idempotencyKey(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '' || key.length > KEY_MAX_CHARS)
    throw new CodedError('GATEWAY_KEY_MISSING', 'the Idempotency-Key header is missing or too long');
  return key;
}

/** A whole number of the query, within bounds. */
export function queryNumber(request: FastifyRequest, name: string, otherwise: number, max: number): number {
  const value = Number((request.query as Record<string, string | undefined>)[name] ?? otherwise);
  return Number.isInteger(value) && value >= 0 ? Math.min(value, max) : otherwise;
}
