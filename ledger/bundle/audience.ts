import type { Handling } from '../ports.ts';

/** Who a bundle is made for. */
export type Audience = 'authority' | 'auditor' | 'law-enforcement';

/** Why a document is listed by its hash only. */
export type Withheld = 'privilege' | 'audience';

/**
 * Audiences of documents that each reader gets whole. Copies of logs (`evidence`) hold what other people did: they go to
 * law enforcement, everybody else gets their hashes.
 */
const GETS: Readonly<Record<Audience, readonly string[]>> = {
  authority: ['all', 'authority'],
  auditor: ['all', 'authority', 'law-enforcement', 'response'],
  'law-enforcement': ['all', 'law-enforcement', 'evidence'],
};

/** Whether a document stays out of a bundle, and why; `undefined`: it goes in. Privilege goes before everything. */
export function withheldBecause({ privilege, audience }: Handling, reader: Audience): Withheld | undefined {
  if (privilege === 'counsel') return 'privilege';
  return GETS[reader].includes(audience) ? undefined : 'audience';
}
