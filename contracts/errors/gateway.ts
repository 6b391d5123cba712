import type { ErrorArea } from '../coded-error.ts';

/** Codes of the gateway area. */
export const gatewayErrors = {} as const satisfies ErrorArea;
