import type { NewRow } from '../../../ledger/ports.ts';

/** A target of a cell: what the outside calls it, and its row. */
export interface Target {
  readonly id: string;
  readonly kind: 'credentials' | 'people';
  readonly row: NewRow;
}

/** Tokens of an issuer, `<tag>-<number>` at the issuer. */
export function tokensOf(tag: string, count: number, issuer = 'own'): readonly Target[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${tag}-${index}`,
    kind: 'credentials' as const,
    row: {
      subject: `${tag}-${index}`,
      attributes: {
        ...{ issuer, kind: 'user', name: 'DEPLOY_KEY', hint: '...', issuerId: `${tag}-${index}`, scopes: [] },
        misused: false,
      },
      sealed: { value: ['fb', `${tag}${index}`.padStart(34, 'x')].join('_') },
    },
  }));
}

/** Readers of a notice, each with one exposed secret. */
export function readersWithSecrets(tag: string, count: number): readonly Target[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${tag}-${index}@people.example.org`,
    kind: 'people' as const,
    row: {
      subject: `${tag}-reader-${index}`,
      attributes: {
        ...{ locale: 'en', relation: 'owner' },
        // Of another issuer: what a reader is told does not hang on a revocation of ours.
        secrets: [{ subject: `${tag}-s${index}`, name: 'KEY', hint: `hf_...${index}`, issuer: 'github', kind: 'user' }],
      },
      sealed: { address: `${tag}-${index}@people.example.org`, displayName: `Person ${index}` },
    },
  }));
}
