import { CodedError } from '../contracts/errors.ts';
import type { Connector } from './port.ts';

/**
 * The public entry `firebreak/connector`: what a connector in another package needs, types, {@link defineConnector} and
 * the conformance cases that it must pass.
 */
export type { ApplyContext, ApplyTarget, BatchShape, Connector, SecretReader } from './port.ts';
export type { ConnectorTraits, EffectClass, Observation, Outcome } from '../contracts/effects.ts';
export type { DatasetRow } from '../contracts/dataset.ts';
export type {
  CredentialActivity,
  CredentialIssuer,
  CredentialSource,
  CredentialVendor,
  FoundCredential,
  Identified,
  Rotation,
} from './credentials/port.ts';
export type { ConformanceCase, Fault } from './conformance.ts';
export type { CredentialBench } from './credentials/connectors/cases.ts';
export { HttpClient, readObject, refusalOf } from './effects/http-exchange.ts';
export { credentialCases } from './credentials/connectors/cases.ts';

/**
 * Checks that a connector keeps to its own declaration.
 *
 * @returns the connector, unchanged.
 * @throws CONNECTOR_CONTRACT_BROKEN when it says that it checks and has no `check` (or the other way round), is `checkable`
 *   without `check`, is `keyed` without a key lifetime longer than its longest request, or has an empty batch.
 */
export function defineConnector<Given extends Connector>(connector: Given): Given {
  const { name, effect, checks, keyLifetimeMs = 0, longestRequestMs, batch } = connector;
  const canCheck = typeof connector.check === 'function';
  const refuse = (what: string): never => {
    throw new CodedError('CONNECTOR_CONTRACT_BROKEN', `${name}: ${what}`);
  };
  if (checks !== canCheck) refuse('`checks` and `check` do not agree');
  if (effect === 'checkable' && !canCheck) refuse('`effect: checkable` needs `check`');
  if (effect === 'keyed' && keyLifetimeMs <= longestRequestMs) {
    refuse('`effect: keyed` needs a `keyLifetimeMs` longer than `longestRequestMs`');
  }
  if (batch.max < 1 || batch.concurrency < 1) refuse('`batch.max` and `batch.concurrency` start at 1');
  return connector;
}
