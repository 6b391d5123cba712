import type { JsonObject } from '../../contracts/json.ts';
import { instantOf, objectIn, parseObject, plainId, requireText, scrubbed, severityOf } from './json-body.ts';
import type { ReadEvents, Verify } from './port.ts';
import { FIVE_MINUTES, headerOf, hmac, isSame, refuseStale, unsigned } from './proof.ts';

const TIMESTAMP = /^\d{10}(?:\.\d{1,9})?$/;
const SIGNATURE = /^sha256=[0-9a-f]{64}$/;

/**
 * Proof of GitGuardian's custom webhooks: HMAC-SHA256 of the raw body under a key that is the timestamp followed by the
 * signature token. (Not under the token alone, and not over the timestamp: receivers that do either accept nothing real.)
 *
 * @source docs.gitguardian.com, custom webhooks
 */
export function gitguardianProof(keys: readonly string[]): Verify {
  // eslint-disable-next-line @typescript-eslint/require-await -- a proof is a promise, and a throw its rejection
  return async ({ headers, body, atMs }) => {
    const timestamp = headerOf(headers, 'timestamp', TIMESTAMP);
    const given = Buffer.from(headerOf(headers, 'gitguardian-signature', SIGNATURE).slice('sha256='.length), 'hex');
    if (!keys.some((key) => isSame(hmac(timestamp + key, body), given)))
      throw unsigned('the signature is not the one of the body');
    refuseStale(Number(timestamp) * 1_000, atMs, FIVE_MINUTES);
    return { ids: [], body, headers: {} };
  };
}

/** GitGuardian's incidents: the kind is `action`, the id the incident's. */
export const readGitguardian: ReadEvents = ({ body: raw }) => {
  const body = parseObject(raw);
  const kind = plainId(requireText(body, 'action'));
  const incident = objectIn(body, 'incident');
  const { id } = incident;
  const time = instantOf(body.timestamp) ?? instantOf(incident.date);
  const severity = severityOf(incident.severity);
  return [
    {
      ...{ id: typeof id === 'number' || typeof id === 'string' ? plainId(String(id)) : '', kind },
      sample: body.is_test === true || kind.endsWith('_test') || kind === 'test',
      fields: scrubbed(body) as JsonObject,
      ...(time === undefined ? {} : { time }),
      ...(severity === undefined ? {} : { severity }),
    },
  ];
};
