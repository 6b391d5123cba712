import type { ErrorArea } from '../coded-error.ts';

/** Codes of the stack area. */
export const stackErrors = {} as const satisfies ErrorArea;
