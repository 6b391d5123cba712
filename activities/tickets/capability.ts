import { CodedError } from '../../contracts/errors.ts';
import { isJsonObject, type JsonObject } from '../../contracts/json.ts';
import { activityRuntime, type SingleRuntime } from '../single-effect.ts';
import { ticketActions } from './actions.ts';
import { githubIssuesVendor } from './connectors/github-issues.ts';
import type { Capability, CapabilityEnvironment, RunningCapability } from '../port.ts';
import type { TicketConnector, TicketVendor } from './port.ts';

/**
 * Tickets at work.
 *
 * @param runtime - where attempts are read from; the running Temporal activity in production.
 */
export function createTickets(
  connector: TicketConnector,
  environment: CapabilityEnvironment,
  runtime: SingleRuntime = activityRuntime(environment.ledger),
): RunningCapability {
  return {
    single: ticketActions({ connector, environment, runtime }),
    paged: {},
    previews: {},
    traits: (action) => (action.startsWith('tickets.') ? connector : undefined),
    close: () => connector.end(),
  };
}

function schemaOf({ use, schema: { required, properties } }: TicketVendor): JsonObject {
  return {
    type: 'object',
    additionalProperties: false,
    required: ['use', ...(Array.isArray(required) ? (required as readonly string[]) : [])],
    properties: { use: { const: use }, ...(isJsonObject(properties) ? properties : {}) },
  };
}

/**
 * Capability `tickets`: opens, comments and closes tickets in other teams' queues.
 *
 * @param packaged - vendors from other packages, beside our own.
 */
export function ticketsOf(packaged: readonly TicketVendor[]): Capability {
  const vendors = [githubIssuesVendor, ...packaged];
  return {
    name: 'tickets',
    configSchema: { type: 'object', oneOf: vendors.map(schemaOf) },
    create: (config, environment) => {
      const vendor = vendors.find(({ use }) => use === config['use']);
      if (!vendor)
        throw new CodedError(
          'CONNECTOR_UNKNOWN',
          `connectors.tickets.use; possible: ${vendors.map(({ use }) => use).join(', ')}`,
        );
      return createTickets(vendor.create(config, environment.secrets), environment);
    },
  };
}
