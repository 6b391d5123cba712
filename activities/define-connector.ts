import { CodedError } from '../contracts/errors.ts';
import type { Connector } from './port.ts';

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
