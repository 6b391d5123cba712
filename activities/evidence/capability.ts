import { activityRuntime, type SingleRuntime } from '../single-effect.ts';
import { evidenceActions } from './actions.ts';
import { httpLog } from './connectors/http-log.ts';
import type { Capability, CapabilityEnvironment, RunningCapability } from '../port.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** Configuration of `connectors.evidence`. */
interface EvidenceConfig {
  readonly sources?: Readonly<
    Record<
      string,
      { readonly use: 'http-log'; readonly url: string; readonly token: string; readonly holdUrl?: string }
    >
  >;
}

const address: JsonObject = { type: 'string', format: 'uri', pattern: '^https?://' };

const configSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: {
    sources: {
      type: 'object',
      propertyNames: { pattern: '^[a-z][a-zA-Z0-9-]{0,63}$' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['use', 'url', 'token'],
        properties: {
          use: { const: 'http-log' },
          url: address,
          token: { type: 'string', pattern: '^(env|file):' },
          holdUrl: address,
        },
      },
    },
  },
};

/**
 * Evidence at work.
 *
 * @param runtime - where attempts are read from; the running Temporal activity in production.
 */
export function createEvidence(
  config: JsonObject,
  environment: CapabilityEnvironment,
  runtime: SingleRuntime = activityRuntime(environment.ledger),
): RunningCapability {
  const { sources: configured = {} } = config as unknown as EvidenceConfig;
  const sources = Object.fromEntries(
    Object.entries(configured).map(([name, { url, token, holdUrl }]) => [
      name,
      httpLog({ url, token: environment.secrets(token), ...(holdUrl === undefined ? {} : { holdUrl }) }),
    ]),
  );
  return {
    single: evidenceActions({ sources, environment, runtime }),
    paged: {},
    previews: {},
    traits: () => undefined,
    close: async () => {
      await Promise.all(Object.values(sources).map((source) => source.close()));
    },
  };
}

/** Capability `evidence`: holds and copies logs, takes documents into evidence. */
export const evidence: Capability = {
  name: 'evidence',
  configSchema,
  create: (config, environment) => createEvidence(config, environment),
};
