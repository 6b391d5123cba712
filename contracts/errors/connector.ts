import type { ErrorArea } from '../coded-error.ts';

/** Codes of the connector area. */
export const connectorErrors = {} as const satisfies ErrorArea;
