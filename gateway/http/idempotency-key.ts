import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { CodedError } from '../../contracts/errors.ts';
import { canonicalJson } from '../../contracts/json.ts';
import type { GatewayDeps } from '../deps.ts';

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

/**
 * Binds the key of a request to what it asks, for acts that nothing else remembers by their key.
 *
 * Called once the request is known to be well-formed: one that was refused may be mended and sent under its key.
 *
 * @throws INCIDENT_KEY_REUSED where it was sent with something else.
 */
export async function bindKey({ ledger }: Pick<GatewayDeps, 'ledger'>, request: FastifyRequest): Promise<void> {
  const { method, routeOptions, params, body, identity } = request;
  const asked = canonicalJson({ method, route: routeOptions.url, params, body: body ?? {} });
  const hash = createHash('sha256').update(asked).digest('hex');
  await ledger.door.takeKey(identity.id, keyOf(request), hash);
}
