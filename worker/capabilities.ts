import { chat } from '../activities/chat/capability.ts';
import { credentialsOf } from '../activities/credentials/capability.ts';
import { evidence } from '../activities/evidence/capability.ts';
import { filings } from '../activities/filings/capability.ts';
import { http } from '../activities/http/capability.ts';
import { notices } from '../activities/notices/capability.ts';
import { people } from '../activities/people/capability.ts';
import { tasks } from '../activities/tasks/capability.ts';
import { ticketsOf } from '../activities/tickets/capability.ts';
import type { Capability } from '../activities/port.ts';
import type { ConnectorPackages } from './connector-packages.ts';

/** Every capability of the product, with connectors from packages: what a configuration may name under `connectors`. */
export function capabilitiesWith({ credentials, tickets }: ConnectorPackages): readonly Capability[] {
  return [credentialsOf(credentials), people, notices, ticketsOf(tickets), chat, evidence, http, filings, tasks];
}
