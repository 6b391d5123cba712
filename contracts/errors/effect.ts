import type { ErrorArea } from '../coded-error.ts';

/** Codes of the effect area. */
export const effectErrors = {} as const satisfies ErrorArea;
