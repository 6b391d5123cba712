import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import { invalid, parseJson, scrubbed, textIn } from './json-body.ts';
import type { DetectorEvent, Get, ReadEvents, Verify } from './port.ts';
import { decoded, headerOf, unsigned } from './proof.ts';
import { PublishedKeys } from './published-keys.ts';

/** Where GitHub publishes the keys that it signs partner alerts with. */
export const GITHUB_KEYS = 'https://api.github.com/meta/public_keys/secret_scanning';

const KEY_ID = /^[0-9a-f]{64}$/;
const SIGNATURE = /^[A-Za-z0-9+/]{80,104}={0,2}$/; // 70 to 72 bytes of DER, base64
const MATCHES_MAX = 500; // as many credentials as one start takes

/** A key of NIST P-256, and nothing else. @throws Error */
export function p256Key(pem: string): KeyObject {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new Error('a key is not of NIST P-256');
  return key;
}

/** Reads the page of keys: `{public_keys: [{key_identifier, key}]}`. @throws Error */
function keysOf(page: string): ReadonlyMap<string, KeyObject> {
  const { public_keys: listed } = JSON.parse(page) as { public_keys?: readonly Record<string, string>[] };
  if (!Array.isArray(listed)) throw new Error('the page lists no keys');
  return new Map(
    (listed as readonly Record<string, string>[]).map(({ key_identifier: id = '', key = '' }) => [id, p256Key(key)]),
  );
}

/**
 * Proof of GitHub's secret scanning partner alerts: ECDSA over P-256 and SHA-256 of the raw body, by the key that the
 * request names. Keys that are not current any more count while they are published: that is how they are rotated.
 *
 * @param token - sent when the keys are fetched, which raises GitHub's rate limit.
 * @source docs.github.com, secret scanning partner program
 */
export function githubPartnerProof(get: Get, url = GITHUB_KEYS, token?: string): Verify {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const keys = new PublishedKeys(async () => keysOf(await get(url, headers)));
  return async ({ headers: given, body, atMs }) => {
    const id = headerOf(given, 'github-public-key-identifier', KEY_ID);
    const signature = decoded(headerOf(given, 'github-public-key-signature', SIGNATURE), 'base64');
    const key = await keys.find(id, atMs);
    if (!key || !verify('sha256', body, { key, dsaEncoding: 'der' }, signature))
      throw unsigned('the signature is not the one of a published key');
    return { ids: [], body, headers: {} };
  };
}

function matchOf(record: Json): DetectorEvent | undefined {
  if (!isJsonObject(record)) return undefined;
  const [token, type] = [textIn(record, 'token'), textIn(record, 'type')];
  if (token === undefined || type === undefined || token.length > 4_000) return undefined;
  const kind = scrubbed(type) as string;
  const { token: _token, ...rest } = record;
  return {
    ...{ id: '', kind, sample: false, credentials: [{ value: token }] },
    fields: scrubbed(rest) as JsonObject,
  };
}

/** Partner alerts: a list of `{token, type, url, source}`. A bad record does not take the good ones with it. */
export const readGithubPartner: ReadEvents = ({ body }) => {
  const records = parseJson(body);
  if (!Array.isArray(records) || records.length > MATCHES_MAX)
    throw invalid(`the body is not a list of at most ${MATCHES_MAX} matches`);
  const events = (records as readonly Json[]).map(matchOf).filter((event) => event !== undefined);
  if (events.length === 0) throw invalid('no record has a token and a type');
  return events;
};
