import { CodedError } from '../contracts/errors.ts';
import { textSigner, type TextSigner } from '../ledger/signatures.ts';
import type { SecretReader } from '../activities/port.ts';
import type { Config } from './config.ts';

/**
 * Opens the key that a door signs decisions with, and makes sure that workers would believe it.
 *
 * @throws CONFIG_DECISION_KEY; CONFIG_SECRET_MISSING
 */
export function decisionSigner({ decisions, decisionsPublic }: Config['keys'], secrets: SecretReader): TextSigner {
  const signer = textSigner(secrets(decisions));
  if (!signer) throw new CodedError('CONFIG_DECISION_KEY', 'keys.decisions is no Ed25519 private key in PEM');
  if (decisionsPublic.includes(signer.publicKey)) return signer;
  throw new CodedError(
    'CONFIG_DECISION_KEY',
    `keys.decisionsPublic lacks ${signer.publicKey}, the key of this gateway`,
  );
}
