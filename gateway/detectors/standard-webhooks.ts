import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { Verify } from './port.ts';
import { decoded, FIVE_MINUTES, headerOf, hmac, isSame, refuseStale, unsigned } from './proof.ts';

const ID = /^[\x21-\x2d\x2f-\x7e]{1,200}$/; // no dot: it would move the border between id and time
const TIMESTAMP = /^\d{10}$/;
const SIGNATURES = /^v[0-9a-z]{1,3},[A-Za-z0-9+/=]{1,200}(?: v[0-9a-z]{1,3},[A-Za-z0-9+/=]{1,200}){0,9}$/;
const SECRET_PREFIX = 'whsec_';
const PUBLIC_PREFIX = 'whpk_';
const ED25519_DER = Buffer.from('302a300506032b6570032100', 'hex'); // SubjectPublicKeyInfo of RFC 8410, less the key
const SECRET_BYTES = { min: 24, max: 64 } as const;

type Key = { readonly secret: Buffer } | { readonly publicKey: KeyObject };

/**
 * A key as the specification writes it: `whsec_` and base64 of 24 to 64 bytes, or `whpk_` and base64 of an Ed25519 key.
 *
 * @throws Error saying what is wrong with it.
 */
export function standardWebhooksKey(text: string): Key {
  const prefix = [SECRET_PREFIX, PUBLIC_PREFIX].find((one) => text.startsWith(one));
  if (prefix === undefined) throw new Error('a key begins with whsec_ or whpk_');
  const bytes = Buffer.from(text.slice(prefix.length), 'base64');
  if (prefix === PUBLIC_PREFIX) {
    if (bytes.length !== 32) throw new Error('a public key has 32 bytes');
    return { publicKey: createPublicKey({ key: Buffer.concat([ED25519_DER, bytes]), format: 'der', type: 'spki' }) };
  }
  if (bytes.length < SECRET_BYTES.min || bytes.length > SECRET_BYTES.max)
    throw new Error(`a secret has ${SECRET_BYTES.min} to ${SECRET_BYTES.max} bytes`);
  return { secret: bytes };
}

function isSignedBy(key: Key, signed: readonly (string | Buffer)[], version: string, signature: Buffer): boolean {
  if ('secret' in key) return version === 'v1' && isSame(hmac(key.secret, ...signed), signature);
  const message = Buffer.concat(signed.map((part) => Buffer.from(part)));
  return version === 'v1a' && verify(null, message, key.publicKey, signature);
}

/**
 * Proof of Standard Webhooks: `webhook-signature` holds, for one of the keys, the signature of `id.timestamp.body`. `v1` is
 * HMAC-SHA256, `v1a` Ed25519; other versions are passed over.
 *
 * @param texts - keys, the old and the new one during a rotation. @throws Error for one that is none.
 * @source standardwebhooks.com, specification 1.0.0
 */
export function standardWebhooksProof(texts: readonly string[]): Verify {
  const keys = texts.map(standardWebhooksKey);
  // eslint-disable-next-line @typescript-eslint/require-await -- a proof is a promise, and a throw its rejection
  return async ({ headers, body, atMs }) => {
    const id = headerOf(headers, 'webhook-id', ID);
    const timestamp = headerOf(headers, 'webhook-timestamp', TIMESTAMP);
    const given = headerOf(headers, 'webhook-signature', SIGNATURES)
      .split(' ')
      .map((one) => one.split(',', 2) as [string, string])
      .filter(([version]) => version === 'v1' || version === 'v1a')
      .map(([version, text]) => ({ version, signature: decoded(text, 'base64') }));
    const signed = [`${id}.${timestamp}.`, body];
    if (!given.some(({ version, signature }) => keys.some((key) => isSignedBy(key, signed, version, signature))))
      throw unsigned('no signature is the one of the body');
    refuseStale(Number(timestamp) * 1_000, atMs, FIVE_MINUTES);
    return { ids: [id], body, headers: {} };
  };
}
