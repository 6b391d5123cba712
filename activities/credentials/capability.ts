import { CodedError } from '../../contracts/errors.ts';
import { defineConnector } from '../define-connector.ts';
import { Issuers } from './issuers.ts';
import { beating, currentAttempt } from '../effects/attempt.ts';
import { actAtIssuers } from './actions/act-at-issuers.ts';
import { failedWithout, withheldWithout } from './actions/without-connector.ts';
import { disclosure } from './connectors/disclosure.ts';
import { httpIssuer } from './connectors/http-issuer.ts';
import { httpStore } from './connectors/http-store.ts';
import { importCredentials } from './actions/import.ts';
import { isJsonObject } from '../../contracts/json.ts';
import { listCredentials } from './actions/list.ts';
import { postgresRole } from './connectors/postgres-role.ts';
import { previewOf } from './actions/preview.ts';
import { readCredentialActivity, snapshotEvidence } from './actions/activity.ts';
import { rfc7009 } from './connectors/rfc7009.ts';
import { rotatePage } from './actions/rotate.ts';
import { texts } from './connectors/answers.ts';
import { verifyPage } from './actions/verify.ts';
import { watchCredentials } from './actions/watch.ts';
import type { Capability, CapabilityEnvironment, RunningCapability } from '../port.ts';
import type { CredentialIssuer, CredentialSource, CredentialVendor } from './port.ts';
import type { JsonObject } from '../../contracts/json.ts';
import type { Pick } from './issuers.ts';

const OWN: readonly CredentialVendor[] = [httpIssuer, rfc7009, disclosure, postgresRole, httpStore];

/**
 * Credentials: found, revoked, verified dead, rotated, watched; and `evidence.snapshot`, which reads the same issuers.
 *
 * @param packaged - vendors from other packages, beside our own.
 */
export function credentialsOf(packaged: readonly CredentialVendor[]): Capability {
  const vendors = [...OWN, ...packaged];
  return {
    name: 'credentials',
    configSchema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        sources: schemaOf(vendors, (vendor) => vendor.sourceSchema),
        issuers: schemaOf(vendors, (vendor) => vendor.issuerSchema),
      },
    },
    create: (config, environment) => createCredentials(vendors, config, environment),
  };
}

function createCredentials(
  vendors: readonly CredentialVendor[],
  config: JsonObject,
  environment: CapabilityEnvironment,
): RunningCapability {
  const { ledger, now } = environment;
  const issuers = new Issuers(build(vendors, config, 'issuers', environment, makeIssuer), ledger);
  const sources = build(vendors, config, 'sources', environment, makeSource);
  const pages = { ledger, issuers };
  const lists = { ledger, issuers, sources };
  const reads = { ledger, issuers, now };
  const revoking: Pick = (issuer) => issuer.revoke;
  const disabling: Pick = (issuer) => issuer.disable;
  const ending: Pick = (issuer) => issuer.endSessions;
  const rotating: Pick = (issuer) => issuer.rotation?.issue;
  const picks: Readonly<Record<string, Pick>> = {
    'credentials.revoke': revoking,
    'credentials.verify': revoking,
    'credentials.disable': disabling,
    'credentials.rotate': rotating,
    'sessions.end': ending,
  };
  return {
    single: {
      'credentials.list': (call) => beating(currentAttempt(), () => listCredentials(call, lists)),
      'credentials.import': (call) => beating(currentAttempt(), () => importCredentials(call, lists)),
      'credentials.activity': (call) => beating(currentAttempt(), () => readCredentialActivity(call, reads)),
      'credentials.watch': (call) => beating(currentAttempt(), () => watchCredentials(call, reads)),
      'evidence.snapshot': (call) => beating(currentAttempt(), () => snapshotEvidence(call, reads)),
    },
    paged: {
      'credentials.revoke': (call) => actAtIssuers(call, pages, revoking, failedWithout(issuers)),
      'credentials.disable': (call) => actAtIssuers(call, pages, disabling, failedWithout(issuers)),
      'credentials.rotate': (call) => rotatePage(call, pages),
      'credentials.verify': (call) => verifyPage(call, pages),
      'sessions.end': (call) => actAtIssuers(call, pages, ending, withheldWithout),
    },
    previews: {
      'credentials.revoke': previewOf(ledger, issuers, 'revoke', revoking),
      'credentials.disable': previewOf(ledger, issuers, 'disable', disabling),
      'credentials.rotate': previewOf(ledger, issuers, 'replace', rotating),
      'sessions.end': previewOf(ledger, issuers, 'end the sessions of', ending),
    },
    traits: (action) => {
      const pick = picks[action];
      return pick && issuers.traits(pick);
    },
    close: async () => {
      await Promise.all([issuers.close(), ...[...sources.values()].map((source) => source.close())]);
    },
  };
}

function makeIssuer(
  vendor: CredentialVendor,
  config: JsonObject,
  environment: CapabilityEnvironment,
): CredentialIssuer | undefined {
  const issuer = vendor.createIssuer?.(config, environment.secrets);
  for (const connector of [
    issuer?.revoke,
    issuer?.disable,
    issuer?.endSessions,
    issuer?.rotation?.issue,
    issuer?.rotation?.handOver,
  ])
    if (connector) defineConnector(connector);
  return issuer;
}

function makeSource(
  vendor: CredentialVendor,
  config: JsonObject,
  environment: CapabilityEnvironment,
  name: string,
): CredentialSource | undefined {
  return vendor.createSource?.(config, environment.secrets, name);
}

function build<Made>(
  vendors: readonly CredentialVendor[],
  config: JsonObject,
  part: 'issuers' | 'sources',
  environment: CapabilityEnvironment,
  make: (
    vendor: CredentialVendor,
    config: JsonObject,
    environment: CapabilityEnvironment,
    name: string,
  ) => Made | undefined,
): ReadonlyMap<string, Made> {
  const named = config[part];
  const made = new Map<string, Made>();
  for (const [name, given] of Object.entries(isJsonObject(named) ? named : {})) {
    const use = isJsonObject(given) ? given['use'] : undefined;
    const vendor = vendors.find((candidate) => candidate.use === use);
    const thing = vendor && isJsonObject(given) ? make(vendor, given, environment, name) : undefined;
    if (thing === undefined) {
      const known = vendors.filter((one) => (part === 'issuers' ? one.createIssuer : one.createSource));
      const names = known.map((one) => one.use).join(', ');
      throw new CodedError('CONNECTOR_UNKNOWN', `connectors.credentials.${part}.${name}.use; possible: ${names}`);
    }
    made.set(name, thing);
  }
  return made;
}

/** Schema of a map of named connectors, each chosen by `use`. */
function schemaOf(
  vendors: readonly CredentialVendor[],
  pick: (vendor: CredentialVendor) => JsonObject | undefined,
): JsonObject {
  const oneOf = vendors.flatMap((vendor) => {
    const schema = pick(vendor);
    if (!schema) return [];
    const { required, properties } = schema;
    return [
      {
        type: 'object',
        additionalProperties: false,
        required: ['use', ...texts(required)],
        properties: { use: { const: vendor.use }, ...(isJsonObject(properties) ? properties : {}) },
      },
    ];
  });
  return { type: 'object', propertyNames: { pattern: '^[a-z][a-zA-Z0-9-]{0,63}$' }, additionalProperties: { oneOf } };
}
