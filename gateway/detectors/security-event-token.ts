import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import { instantOf, invalid, objectIn, parseObject, plainId, requireText, scrubbed, textIn } from './json-body.ts';
import type { DetectorEvent, Get, ReadEvents, Verify } from './port.ts';
import { decoded, refuseStale, unsigned, type Window } from './proof.ts';
import { PublishedKeys } from './published-keys.ts';

/** A token is signed once and pushed again until it is taken; its id stops repeats. */
const WINDOW: Window = { pastMs: 24 * 3_600_000, futureMs: 300_000 };
const COMPACT = /^[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{2,400000}\.[A-Za-z0-9_-]{80,1000}$/;
const TYPES = ['secevent+jwt', 'application/secevent+jwt'];
const RSA_BITS_MIN = 2_048;
const EVENTS_MAX = 20;
/** Sent by a transmitter to try the way (OpenID SSF), never because something happened. */
const VERIFICATION = /\/event-type\/verification$/;

/** The algorithms that are taken: never `none`, never a shared secret. */
const ALGORITHMS: Readonly<Record<string, (message: Buffer, key: KeyObject, signature: Buffer) => boolean>> = {
  ES256: (message, key, signature) =>
    key.asymmetricKeyDetails?.namedCurve === 'prime256v1' &&
    verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature),
  RS256: (message, key, signature) =>
    key.asymmetricKeyType === 'rsa' &&
    (key.asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_BITS_MIN &&
    verify('sha256', message, key, signature),
  EdDSA: (message, key, signature) => key.asymmetricKeyType === 'ed25519' && verify(null, message, key, signature),
};

/** Whether a message is signed under a JWS algorithm (RFC 7518, RFC 8037); false for one that is not taken. */
export function isSigned(alg: unknown, message: Buffer, key: KeyObject, signature: Buffer): boolean {
  return typeof alg === 'string' && Object.hasOwn(ALGORITHMS, alg) && ALGORITHMS[alg]!(message, key, signature);
}

/** From whom tokens are taken, and for whom they have to be. */
export interface TokenOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Address of the issuer's keys (JWKS); what a token says of keys is never followed. */
  readonly jwks: string;
}

/** Reads a JWK set: keys by their id; those for something else than signatures are left out. @throws Error */
export function jwksOf(page: string): ReadonlyMap<string, KeyObject> {
  const { keys } = JSON.parse(page) as { readonly keys?: Json };
  if (!Array.isArray(keys)) throw new Error('the page is no JWK set');
  const usable = (keys as readonly Json[]).filter(
    (key): key is JsonObject =>
      isJsonObject(key) && typeof key.kid === 'string' && key.kty !== 'oct' && (key.use ?? 'sig') === 'sig',
  );
  return new Map(usable.map((key) => [key.kid as string, createPublicKey({ key: { ...key }, format: 'jwk' })]));
}

/** A part of a token as an object. @throws DETECTOR_UNSIGNED */
function partOf(text: string): JsonObject {
  try {
    return parseObject(decoded(text, 'base64url'));
  } catch {
    throw unsigned('a part of the token is no object');
  }
}

function refuseClaims({ iss, aud, exp, iat, jti, events }: JsonObject, options: TokenOptions, atMs: number): string {
  if (iss !== options.issuer) throw unsigned('the token is of another issuer');
  if (aud !== options.audience && !(Array.isArray(aud) && aud.includes(options.audience)))
    throw unsigned('the token is for somebody else');
  if (exp !== undefined || typeof iat !== 'number' || typeof jti !== 'string' || jti === '' || !isJsonObject(events))
    throw unsigned('the token is no security event token');
  refuseStale(iat * 1_000, atMs, WINDOW);
  return jti;
}

/**
 * Proof of a security event token (RFC 8417) pushed as RFC 8935 says: a JWT of the configured issuer for us, signed by one of
 * its published keys, explicitly typed, with an id.
 */
export function securityEventTokenProof(get: Get, options: TokenOptions): Verify {
  const keys = new PublishedKeys(async () => jwksOf(await get(options.jwks)));
  return async ({ body, atMs }) => {
    const token = body.toString('latin1');
    if (!COMPACT.test(token)) throw unsigned('the body is no signed token');
    const [head = '', claims = '', signature = ''] = token.split('.');
    const { alg, kid, typ, crit } = partOf(head);
    const check = typeof alg === 'string' && Object.hasOwn(ALGORITHMS, alg) ? ALGORITHMS[alg] : undefined;
    if (!check || crit !== undefined || typeof kid !== 'string')
      throw unsigned('the token is signed in no way we take');
    if (typeof typ !== 'string' || !TYPES.includes(typ.toLowerCase())) throw unsigned('the token is of another type');
    const key = await keys.find(kid, atMs);
    if (!key || !isSigned(alg, Buffer.from(`${head}.${claims}`), key, decoded(signature, 'base64url')))
      throw unsigned('the signature is not the one of a published key');
    const payload = decoded(claims, 'base64url');
    return { ids: [refuseClaims(partOf(claims), options, atMs)], body: payload, headers: {} };
  };
}

/** Security events (CAEP, RISC): the kind is the URI of the event's type, the fields its members, `sub_id` and `txn`. */
export const readSecurityEvents: ReadEvents = ({ body }) => {
  const claims = parseObject(body);
  const jti = requireText(claims, 'jti');
  const events = Object.entries(objectIn(claims, 'events'));
  if (events.length === 0 || events.length > EVENTS_MAX) throw invalid(`a token has 1 to ${EVENTS_MAX} events`);
  return events.map(([type, said]): DetectorEvent => {
    const event = isJsonObject(said) ? said : {};
    const seconds = [event.event_timestamp, claims.toe, claims.iat].find((one) => typeof one === 'number');
    const time = typeof seconds === 'number' ? instantOf(seconds * 1_000) : undefined;
    const subject = claims.sub_id ?? event.subject;
    return {
      ...{ id: plainId(events.length === 1 ? jti : `${jti}#${type}`), kind: plainId(type) },
      sample: VERIFICATION.test(type),
      fields: scrubbed({
        ...{ event, issuer: textIn(claims, 'iss') ?? '' },
        ...(subject === undefined ? {} : { subject }),
        ...(claims.txn === undefined ? {} : { txn: claims.txn }),
      }) as JsonObject,
      ...(time === undefined ? {} : { time }),
    };
  });
};
