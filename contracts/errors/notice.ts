import type { ErrorArea } from '../coded-error.ts';

/** Codes of the notice area. */
export const noticeErrors = {} as const satisfies ErrorArea;
