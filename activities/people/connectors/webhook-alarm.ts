import { createHmac } from 'node:crypto';
import { text } from '../../credentials/connectors/answers.ts';
import { HttpClient } from '../../effects/http-exchange.ts';
import { CodedError } from '../../../contracts/errors.ts';
import { alarmDelivery, type AlarmVendor } from '../alarm.ts';

const TIMEOUT_MS = 10_000;
const PREFIX = 'whsec_';
const SECRET_MIN_BYTES = 24;

/**
 * Any service that takes a signed webhook: `{incident, person, text}`, signed as Standard Webhooks says; repeats of the same
 * page carry the same `webhook-id`.
 *
 * @source standardwebhooks.com, specification 1.0.0
 */
export const webhookAlarm: AlarmVendor = {
  use: 'webhook',
  schema: {
    required: ['url', 'key'],
    properties: {
      url: { type: 'string', pattern: '^https?://' },
      key: {
        type: 'string',
        pattern: '^(env|file):.+',
        description: 'Reference to the key that signs, `whsec_` and base64: env:NAME or file:PATH',
      },
    },
  },
  create: (config, secrets) => {
    const given = secrets(text(config['key']));
    const secret = Buffer.from(given.slice(PREFIX.length), 'base64');
    if (!given.startsWith(PREFIX) || secret.length < SECRET_MIN_BYTES)
      throw new CodedError('CONFIG_INVALID', 'connectors.people.alarm.key: `whsec_` and base64 of 24 bytes or more');
    const client = new HttpClient(2);
    const url = text(config['url']);
    return {
      ring: async ({ incident, person, text: words, key }) => {
        const body = JSON.stringify({ incident, person, text: words });
        const id = `page-${key}`;
        const at = String(Math.floor(Date.now() / 1_000));
        const mac = createHmac('sha256', secret).update(`${id}.${at}.${body}`).digest('base64');
        const headers = {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': at,
          'webhook-signature': `v1,${mac}`,
        };
        return alarmDelivery(await client.send({ method: 'POST', url, headers, body, timeoutMs: TIMEOUT_MS }));
      },
      close: () => client.close(),
    };
  },
};
