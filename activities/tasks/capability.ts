import { taskActions } from './actions.ts';
import type { Capability } from '../port.ts';

/** Capability `tasks`: report, follow-ups, close, facts. Needs no configuration. */
export const tasks: Capability = {
  name: 'tasks',
  configSchema: { type: 'object', additionalProperties: false },
  create: (_config, environment) => ({
    single: taskActions(environment),
    paged: {},
    previews: {},
    traits: () => undefined,
    close: () => Promise.resolve(),
  }),
};
