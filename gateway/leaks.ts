import type { GivenCredential } from '../contracts/api.ts';
import type { Mode } from '../contracts/effects.ts';
import { canonicalJson } from '../contracts/json.ts';
import type { IncidentRow, Ledger } from '../ledger/ports.ts';

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

/**
 * Notes that an incident is about the credentials that came with its start, whichever door they came through: detectors that
 * find them later join it.
 */
export async function bindCredentials(
  ledger: Ledger,
  { incident, mode, requester }: IncidentRow,
  credentials: readonly GivenCredential[],
  isHeld: boolean,
): Promise<void> {
  for (const { value } of credentials) {
    const key = leakKey(ledger, mode, credentialSubject(ledger.incidents.fingerprint(value)));
    await ledger.alerts.leak(key, requester, isHeld);
    await ledger.alerts.bind(key, incident);
  }
}
