import type { Verify } from './port.ts';
import { isSameSecret, unsigned } from './proof.ts';

/**
 * Proof by a shared secret in a header, for senders that sign nothing: `Authorization: Bearer ...`, or the value of a header
 * of one's own (an EventBridge API destination, Falcosidekick). It covers whatever the connection brought.
 *
 * @param keys - secrets, the old and the new one during a rotation.
 * @param header - lower case; absent: `authorization`, behind `Bearer `.
 */
export function bearerProof(keys: readonly string[], header?: string): Verify {
  return sharedProof(header ?? 'authorization', header === undefined ? keys.map((key) => `Bearer ${key}`) : keys);
}

/** Proof by HTTP basic authentication (RFC 7617). @param keys - `user:password`. */
export function basicProof(keys: readonly string[]): Verify {
  return sharedProof(
    'authorization',
    keys.map((key) => `Basic ${Buffer.from(key).toString('base64')}`),
  );
}

function sharedProof(header: string, values: readonly string[]): Verify {
  // eslint-disable-next-line @typescript-eslint/require-await -- a proof is a promise, and a throw its rejection
  return async ({ headers, body }) => {
    const given = headers[header] ?? '';
    if (values.filter((value) => isSameSecret(value, given)).length === 0) throw unsigned('the secret is not the one');
    return { ids: [], body, headers };
  };
}
