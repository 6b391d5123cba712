import type { ErrorArea } from '../coded-error.ts';

/** Codes of the obligation area. */
export const obligationErrors = {} as const satisfies ErrorArea;
