import type { KnownFacts } from '../known-facts.ts';

/**
 * What the event may be called: words with legal weight need the fact that carries them.
 *
 * @source GDPR Art. 4(12): whether it is a personal data breach is a conclusion of a person
 */
export function nameOfEvent(facts: KnownFacts): 'personal data breach' | 'security incident' {
  return facts.personalDataBreach?.value === true ? 'personal data breach' : 'security incident';
}

/** Why the draft calls it so, for its reader. */
export function wordingNote(facts: KnownFacts): string {
  const decided = facts.personalDataBreach?.value;
  if (decided === true) return 'It is called a personal data breach because that was decided.';
  if (decided === false) return 'It is called a security incident: it was decided not to be a personal data breach.';
  return 'It is called a security incident: whether it is a personal data breach is not decided.';
}

/** A count as it may be said: exact only once a person decided that the scope is final. */
export function countPhrase(count: number, facts: KnownFacts): string {
  return facts.scopeFinal?.value === true ? String(count) : `at least ${count}, inquiry open`;
}

/** What was found by looking; "no evidence of" is never said, since it claims more than a look can. */
export function findingPhrase(finding: unknown): string {
  return finding === 'found' ? 'looked for and found' : 'looked for and not found so far';
}

/** An instant for readers of any time zone: `2026-10-26 12:20:00 UTC`. */
export function instantPhrase(instant: string): string {
  return `${new Date(instant).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
