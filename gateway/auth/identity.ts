import { createHash, timingSafeEqual } from 'node:crypto';
import { CodedError } from '../../contracts/errors.ts';
import type { DoorKey, GatewayDeps } from '../deps.ts';

const BEARER = /^Bearer (fbk_[A-Za-z0-9_-]{16,200})$/;

/** Who stands at the door. */
export interface Identity {
  /** Person id, or `key:<name>` of a machine. */
  readonly id: string;
  readonly isMachine: boolean;
  readonly roles: readonly string[];
  readonly key: DoorKey;
}

/**
 * Finds who an API key belongs to. Compared by hash in constant time, and with every key, so that the time tells nothing.
 *
 * @param header - the `Authorization` header.
 * @throws GATEWAY_UNAUTHENTICATED
 */
export function identify(header: string | undefined, { keys, people }: Pick<GatewayDeps, 'keys' | 'people'>): Identity {
  const given = BEARER.exec(header ?? '')?.[1];
  const hash = createHash('sha256')
    .update(given ?? '')
    .digest();
  const [key] = keys.filter(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, 'hex'), hash));
  if (given === undefined || !key) throw new CodedError('GATEWAY_UNAUTHENTICATED', 'the API key is missing or unknown');
  if (key.person === undefined) return { id: `key:${key.name}`, isMachine: true, roles: key.roles ?? [], key };
  const person = people.find(({ id }) => id === key.person);
  if (!person) throw new CodedError('GATEWAY_UNAUTHENTICATED', 'the person of the API key is not listed any more');
  return { id: person.id, isMachine: false, roles: person.roles, key };
}
