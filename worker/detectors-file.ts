import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { severities } from '../contracts/detectors.ts';
import { CodedError } from '../contracts/errors.ts';
import type { JsonObject } from '../contracts/json.ts';
import { formatNames, schemeNames, type DetectorConfig } from '../gateway/detectors/config.ts';
import type { SecretReader } from '../activities/port.ts';
import { checkYaml } from './yaml-faults.ts';

const name: JsonObject = { type: 'string', pattern: '^[a-z][a-z0-9-]{0,63}$' };
const playbook: JsonObject = { type: 'string', pattern: '^[a-z][a-zA-Z0-9-]{0,63}$' };
const reference: JsonObject = { type: 'string', pattern: '^(env|file):.+' };
const text: JsonObject = { type: 'string', minLength: 1, maxLength: 1_000 };
const values: JsonObject = { type: 'object', maxProperties: 50 };

const rule: JsonObject = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...{ when: text, playbook, ignore: { const: true }, mode: { enum: ['live', 'drill'] }, severity: text },
    ...{ about: text, inputs: values, facts: values, credentials: { type: 'boolean' } },
  },
};

const detector: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'scheme', 'playbooks', 'rules'],
  properties: {
    ...{ name, scheme: { enum: [...schemeNames] }, format: { enum: [...formatNames] } },
    keys: { type: 'array', minItems: 1, maxItems: 8, items: reference },
    ...{ header: text, api: text, token: reference, issuer: text, audience: text, jwks: text },
    topics: { type: 'array', minItems: 1, maxItems: 50, items: text },
    confirmSubscription: { type: 'boolean' },
    playbooks: { type: 'array', items: playbook },
    modes: { type: 'array', minItems: 1, items: { enum: ['live', 'drill', 'preview'] } },
    ...{ severity: { enum: [...severities] }, beyond: { enum: ['hold', 'refuse'] } },
    startsPerHour: { type: 'integer', minimum: 1, maximum: 10_000 },
    ...{ sample: text, rules: { type: 'array', maxItems: 200, items: rule } },
  },
};

const schema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['detectors'],
  properties: { detectors: { type: 'array', maxItems: 100, items: detector } },
};

/**
 * Reads the file of detectors, with the secrets that it refers to; `file:` references are relative to its folder.
 *
 * @throws CONFIG_DETECTORS_INVALID naming every fault; CONFIG_SECRET_MISSING
 */
export function readDetectors(path: string, secrets: SecretReader): readonly DetectorConfig[] {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CodedError('CONFIG_DETECTORS_INVALID', `${path} cannot be read`, { cause });
  }
  const { value, faults } = checkYaml(content, path, schema);
  if (faults.length > 0) throw new CodedError('CONFIG_DETECTORS_INVALID', faults.join('; '));
  const secretOf = (given: string): string => {
    const [, file] = /^file:(.+)$/.exec(given) ?? [];
    return secrets(file === undefined || isAbsolute(file) ? given : `file:${resolve(dirname(path), file)}`);
  };
  return (value as { readonly detectors: readonly DetectorConfig[] }).detectors.map((config) => ({
    ...config,
    ...(config.keys === undefined ? {} : { keys: config.keys.map(secretOf) }),
    ...(config.token === undefined ? {} : { token: secretOf(config.token) }),
  }));
}
