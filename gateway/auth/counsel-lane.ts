import type { Identity } from './identity.ts';

/** Whether a document is kept from somebody: what counsel marked is for counsel, and nobody learns that it is there. */
export function isHiddenFrom({ roles }: Identity, { privilege }: { readonly privilege: 'none' | 'counsel' }): boolean {
  return privilege === 'counsel' && !roles.includes('counsel');
}
