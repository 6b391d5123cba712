import { activityRuntime, type SingleRuntime } from '../single-effect.ts';
import { durationMs } from '../../contracts/duration.ts';
import { HttpClient } from '../effects/http-exchange.ts';
import { REQUEST_TIMEOUT_MS, sendRequest, type HttpHost } from './actions.ts';
import type { Capability, CapabilityEnvironment, RunningCapability } from '../port.ts';
import type { ConnectorTraits } from '../../contracts/effects.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** Configuration of `connectors.http`. */
interface HttpConfig {
  readonly hosts?: Readonly<
    Record<
      string,
      { readonly url: string; readonly headers?: Readonly<Record<string, string>>; readonly keyLifetime?: string }
    >
  >;
}

const KEY_LIFETIME = 'PT24H'; // what most providers of Idempotency-Key promise; `keyLifetime` says otherwise
const CONNECTIONS = 4;

const configSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: {
    hosts: {
      type: 'object',
      propertyNames: { pattern: '^[a-z][a-zA-Z0-9-]{0,63}$' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['url'],
        properties: {
          url: { type: 'string', format: 'uri', pattern: '^https?://' },
          headers: { type: 'object', additionalProperties: { type: 'string' } },
          keyLifetime: { type: 'string', pattern: '^P' },
        },
      },
    },
  },
};

/** Header values are secrets by reference, or plain text. */
function resolve(value: string, { secrets }: CapabilityEnvironment): string {
  return /^(env|file):/.test(value) ? secrets(value) : value;
}

/**
 * HTTP requests at work.
 *
 * @param runtime - where attempts are read from; the running Temporal activity in production.
 */
export function createHttp(
  config: JsonObject,
  environment: CapabilityEnvironment,
  runtime: SingleRuntime = activityRuntime(environment.ledger),
): RunningCapability {
  const { hosts: configured = {} } = config as unknown as HttpConfig;
  const hosts = Object.fromEntries(
    Object.entries(configured).map(([name, { url, headers = {}, keyLifetime = KEY_LIFETIME }]): [string, HttpHost] => [
      name,
      {
        url,
        headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, resolve(value, environment)])),
        keyLifetimeMs: durationMs(keyLifetime),
      },
    ]),
  );
  const http = new HttpClient(CONNECTIONS);
  return {
    single: { 'http.request': (call) => sendRequest(call, { hosts, http, runtime }) },
    paged: {},
    previews: {},
    traits: (action) => (action === 'http.request' ? traits : undefined),
    close: () => http.close(),
  };
}

const traits: ConnectorTraits = {
  name: 'http',
  effect: 'keyed',
  checks: false,
  notifiesOwner: false,
  reversible: false,
  needsRawValue: false,
  effectDelayMaxMs: 0,
  endsSessions: false,
  keyLifetimeMs: durationMs(KEY_LIFETIME),
  longestRequestMs: REQUEST_TIMEOUT_MS,
};

/** Capability `http`: requests to hosts that the configuration names. */
export const http: Capability = {
  name: 'http',
  configSchema,
  create: (config, environment) => createHttp(config, environment),
};
