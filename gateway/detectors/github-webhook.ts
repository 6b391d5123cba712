import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import {
  instantOf,
  invalid,
  objectIn,
  parseObject,
  plainId,
  requireText,
  scrubbed,
  severityOf,
  textIn,
} from './json-body.ts';
import type { ReadEvents, Verify } from './port.ts';
import { headerOf, hmac, isSame, unsigned } from './proof.ts';

const SIGNATURE = /^sha256=[0-9a-f]{64}$/;
const OWNER_AND_NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;

/**
 * Proof of GitHub's webhooks: `X-Hub-Signature-256` is the HMAC-SHA256 of the raw body.
 *
 * The signature covers no time and no delivery id, so replays are known by the body alone.
 *
 * @param keys - shared secrets, the old and the new one during a rotation.
 * @source docs.github.com, validating webhook deliveries
 */
export function githubWebhookProof(keys: readonly string[]): Verify {
  // eslint-disable-next-line @typescript-eslint/require-await -- a proof is a promise, and a throw its rejection
  return async ({ headers, body }) => {
    const given = Buffer.from(headerOf(headers, 'x-hub-signature-256', SIGNATURE).slice('sha256='.length), 'hex');
    if (!keys.some((key) => isSame(hmac(key, body), given))) throw unsigned('the signature is not the one of the body');
    return { ids: [], body, headers: {} };
  };
}

/** What a body is, by its members: the header that names the event is not signed. */
function eventOf(body: JsonObject): string {
  if (isJsonObject(body.alert) && 'secret_type' in body.alert)
    return isJsonObject(body.location) ? 'secret_scanning_alert_location' : 'secret_scanning_alert';
  return typeof body.zen === 'string' && 'hook' in body ? 'ping' : 'other';
}

/** Path of an alert in the REST API, made of checked parts: an address in the body is never followed. */
function pathOf(body: JsonObject, number: number): string {
  const name = requireText(objectIn(body, 'repository'), 'full_name');
  if (!OWNER_AND_NAME.test(name)) throw invalid('`repository.full_name` is no repository');
  return `/repos/${name}/secret-scanning/alerts/${number}`;
}

/**
 * `secret_scanning_alert` webhooks. The kind is `secret_scanning_alert.created` and so on; the secret is not in the body
 * and would not be believed if it were: it is fetched from the alert.
 *
 * @source docs.github.com, webhook events and payloads
 */
export const readGithubWebhook: ReadEvents = ({ body: raw }) => {
  const body = parseObject(raw);
  const name = eventOf(body);
  const action = textIn(body, 'action');
  const kind = action === undefined ? name : `${name}.${plainId(action)}`;
  const fields = scrubbed(withoutSecret(body)) as JsonObject;
  if (!name.startsWith('secret_scanning_alert')) return [{ id: '', kind, sample: false, fields }];
  const alert = objectIn(body, 'alert');
  const { number } = alert;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 1)
    throw invalid('`alert.number` is not a number of an alert');
  const secretPath = pathOf(body, number);
  const time = instantOf(alert.updated_at) ?? instantOf(alert.created_at);
  const severity = severityOf(alert.severity);
  return [
    {
      ...{ id: plainId(secretPath), kind, sample: false, fields, secretPath },
      ...(time === undefined ? {} : { time }),
      ...(severity === undefined ? {} : { severity }),
    },
  ];
};

function withoutSecret(body: JsonObject): JsonObject {
  if (!isJsonObject(body.alert)) return body;
  const { secret: _secret, ...alert } = body.alert;
  return { ...body, alert };
}
