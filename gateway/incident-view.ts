import { incidentWorkflowId, isIncidentId, type IncidentId } from '../contracts/ids.ts';
import { CodedError } from '../contracts/errors.ts';
import { incidentMessages, type IncidentStatus, type Receipt } from '../contracts/messages.ts';
import { actionCatalogue } from '../contracts/catalogue.ts';
import type { EffectCounts } from '../contracts/effects.ts';
import type { GatewayDeps } from './deps.ts';

/** Actions whose effects are counted: those of the catalogue and the three of a rotation. */
const COUNTED = [
  ...[...actionCatalogue.values()].filter(({ effect }) => effect !== 'none').map(({ name }) => name),
  'credentials.issue',
  'credentials.handover',
];

/** An id from a path. @throws INCIDENT_UNKNOWN */
export function incidentOf(text: string): IncidentId {
  if (!isIncidentId(text)) throw new CodedError('INCIDENT_UNKNOWN', 'an incident id looks like INC-2026-0042');
  return text;
}

/** What a running or ended incident says of itself. */
export async function readStatus({ client, ledger }: GatewayDeps, incident: IncidentId): Promise<IncidentStatus> {
  if (!(await ledger.incidents.read(incident)))
    throw new CodedError('INCIDENT_UNKNOWN', `there is no incident ${incident}`);
  return client.workflow.getHandle(incidentWorkflowId(incident)).query<IncidentStatus>(incidentMessages.status);
}

/** Sends an Update; its id makes a repeat safe. */
export async function send<Message extends { readonly id: string }>(
  { client, ledger }: GatewayDeps,
  incident: IncidentId,
  name: keyof typeof incidentMessages,
  message: Message,
): Promise<Receipt> {
  if (!(await ledger.incidents.read(incident)))
    throw new CodedError('INCIDENT_UNKNOWN', `there is no incident ${incident}`);
  return client.workflow
    .getHandle(incidentWorkflowId(incident))
    .executeUpdate<Receipt, [Message]>(incidentMessages[name], { args: [message], updateId: message.id });
}

/** Effect counts by action; actions without effects are left out. */
export async function readEffects(
  { ledger }: GatewayDeps,
  incident: IncidentId,
): Promise<Readonly<Record<string, EffectCounts>>> {
  const counted = await Promise.all(
    COUNTED.map(async (action) => [action, await ledger.effects.counts(incident, action)] as const),
  );
  return Object.fromEntries(counted.filter(([, counts]) => Object.keys(counts).length > 0));
}
