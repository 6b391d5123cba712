import { text } from '../../credentials/connectors/answers.ts';
import { HttpClient } from '../../effects/http-exchange.ts';
import { alarmDelivery, type AlarmVendor } from '../alarm.ts';

const TIMEOUT_MS = 10_000;
const ENQUEUE = 'https://events.pagerduty.com/v2/enqueue';
const SUMMARY_MAX = 1_024; // characters of payload.summary
const KEY_MAX = 255; // characters of dedup_key

/**
 * PagerDuty, Events API v2: each page is a `trigger`; repeats of the same page carry the same `dedup_key`, so they are one
 * alert there.
 *
 * @source developer.pagerduty.com, Events API v2, Send an Alert Event
 */
export const pagerduty: AlarmVendor = {
  use: 'pagerduty',
  schema: {
    required: ['routingKey'],
    properties: {
      routingKey: {
        type: 'string',
        pattern: '^(env|file):.+',
        description: 'Reference to the integration key of the service: env:NAME or file:PATH',
      },
      url: { type: 'string', pattern: '^https?://', description: `Default ${ENQUEUE}` },
    },
  },
  create: (config, secrets) => {
    const client = new HttpClient(2);
    const routingKey = secrets(text(config['routingKey']));
    const url = config['url'] === undefined ? ENQUEUE : text(config['url']);
    return {
      ring: async ({ incident, person, text: words, key }) =>
        alarmDelivery(
          await client.send({
            method: 'POST',
            url,
            body: {
              routing_key: routingKey,
              event_action: 'trigger',
              dedup_key: `firebreak-${key}`.slice(0, KEY_MAX),
              payload: {
                summary: `[${incident}] ${person}: ${words}`.slice(0, SUMMARY_MAX),
                source: 'firebreak',
                severity: 'critical',
                group: incident,
                custom_details: { incident, person },
              },
            },
            timeoutMs: TIMEOUT_MS,
          }),
        ),
      close: () => client.close(),
    };
  },
};
