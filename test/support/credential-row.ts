import type { DatasetRow } from '../../contracts/dataset.ts';

/** A row of a credential as the runner hands it to a connector. */
export function credentialRow(subject: string, issuerId: string, value?: string): DatasetRow {
  return {
    position: 0,
    subject,
    attributes: { issuer: 'own', kind: 'user', name: 'DEPLOY_KEY', hint: '...', issuerId, scopes: [], misused: false },
    sealed: value === undefined ? undefined : { value },
  };
}
