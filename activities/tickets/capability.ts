import { activityRuntime, type SingleRuntime } from '../single-effect.ts';
import { githubIssues } from './connectors/github-issues.ts';
import { ticketActions } from './actions.ts';
import type { Capability, CapabilityEnvironment, RunningCapability } from '../port.ts';
import type { JsonObject } from '../../contracts/json.ts';

/** Configuration of `connectors.tickets`. */
interface TicketsConfig {
  readonly use: 'github-issues';
  readonly url: string;
  readonly token: string;
  readonly queues: Readonly<Record<string, string>>;
}

const configSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['use', 'url', 'token', 'queues'],
  properties: {
    use: { const: 'github-issues' },
    url: { type: 'string', format: 'uri', pattern: '^https?://' },
    token: { type: 'string', pattern: '^(env|file):' },
    queues: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^[a-z][a-zA-Z0-9-]{0,63}$' },
      additionalProperties: { type: 'string', pattern: '^[\\w.-]+/[\\w.-]+$' },
    },
  },
};

/**
 * Tickets at work.
 *
 * @param runtime - where attempts are read from; the running Temporal activity in production.
 */
export function createTickets(
  config: JsonObject,
  environment: CapabilityEnvironment,
  runtime: SingleRuntime = activityRuntime(environment.ledger),
): RunningCapability {
  const { url, token, queues } = config as unknown as TicketsConfig;
  const connector = githubIssues({ url, token: environment.secrets(token), queues });
  return {
    single: ticketActions({ connector, environment, runtime }),
    paged: {},
    previews: {},
    traits: (action) => (action.startsWith('tickets.') ? connector : undefined),
    close: () => connector.end(),
  };
}

/** Capability `tickets`: opens, comments and closes tickets in other teams' queues. */
export const tickets: Capability = {
  name: 'tickets',
  configSchema,
  create: (config, environment) => createTickets(config, environment),
};
