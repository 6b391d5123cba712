import { filingActions } from './actions.ts';
import type { Capability } from '../port.ts';

/** Capability `filings`: drafts from facts, and the record of how each filing ended. Needs no configuration. */
export const filings: Capability = {
  name: 'filings',
  configSchema: { type: 'object', additionalProperties: false },
  create: (_config, environment) => ({
    single: filingActions(environment),
    paged: {},
    previews: {},
    traits: () => undefined,
    close: () => Promise.resolve(),
  }),
};
