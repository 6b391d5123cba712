import type { GivenCredential } from '../contracts/api.ts';
import type { Mode } from '../contracts/effects.ts';
import { canonicalJson } from '../contracts/json.ts';
import type { Ledger } from '../ledger/ports.ts';

/**
 * Key of what an incident is about: a keyed hash, so that it says nothing to who reads the ledger. A drill and a live incident
 * of one subject are two.
 */
export function leakKey({ incidents }: Pick<Ledger, 'incidents'>, mode: Mode, subject: readonly string[]): string {
  return incidents.fingerprint(canonicalJson(['leak', mode, ...subject]));
}

/** What a leaked credential is as a subject. @param fingerprint - under the installation's key. */
export function credentialSubject(fingerprint: string): readonly string[] {
  return ['credential', fingerprint];
}

/** Keys of the leaks that given credentials are; a preview is about none, it does nothing. */
export function credentialLeaks(
  ledger: Pick<Ledger, 'incidents'>,
  mode: Mode,
  credentials: readonly GivenCredential[],
): readonly string[] {
  if (mode === 'preview') return [];
  const { incidents } = ledger;
  return credentials.map(({ value }) => leakKey(ledger, mode, credentialSubject(incidents.fingerprint(value))));
}
