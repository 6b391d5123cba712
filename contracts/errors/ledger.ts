import type { ErrorArea } from '../coded-error.ts';

/** Codes of the ledger area. */
export const ledgerErrors = {} as const satisfies ErrorArea;
