import type { IncidentId } from '../contracts/ids.ts';
import { authorize } from './auth/authorize.ts';
import type { Identity } from './auth/identity.ts';
import type { GatewayDeps } from './deps.ts';
import { Body } from './http/body.ts';
import { incidentOf, readRow } from './incident-view.ts';
import { launchIncident } from './start-incident.ts';

/** A person's decision on an incident that is held. */
interface Decision {
  readonly identity: Identity;
  readonly incident: string;
  /** Holds `reason`. */
  readonly asked: unknown;
  /** Called once the decision is well-formed and may be taken, before it is: refuses a key that was used for something else. */
  readonly bind: () => Promise<void>;
}

/**
 * Lets an incident run that a detector opened beyond its key. The same person again is no fault.
 *
 * @throws GATEWAY_FORBIDDEN, INCIDENT_UNKNOWN, INCIDENT_NOT_HELD, GATEWAY_ENGINE_AWAY
 */
export async function releaseIncident(
  deps: GatewayDeps,
  { identity, incident: id, asked, bind }: Decision,
): Promise<{ readonly incident: IncidentId; readonly released: true }> {
  const reason = new Body(asked, ['reason']).text('reason');
  authorize(identity, 'resume');
  authorize(identity, 'start');
  const row = await readRow(deps, incidentOf(id));
  const { incident } = row;
  await bind();
  await deps.ledger.alerts.release(incident, identity.id);
  await deps.ledger.journal.append(incident, [
    { key: 'detector.released', kind: 'resume', actor: identity.id, body: { released: true, reason } },
  ]);
  await launchIncident(deps, row);
  return { incident, released: true };
}

/**
 * Ends such an incident before it runs: it is nothing, and its reason is on record. Later alerts of it say so.
 *
 * @throws GATEWAY_FORBIDDEN, INCIDENT_UNKNOWN, INCIDENT_NOT_HELD
 */
export async function dismissIncident(
  deps: GatewayDeps,
  { identity, incident: id, asked, bind }: Decision,
): Promise<{ readonly incident: IncidentId; readonly dismissed: true }> {
  const reason = new Body(asked, ['reason']).text('reason');
  authorize(identity, 'resume');
  const { incident } = await readRow(deps, incidentOf(id));
  await bind();
  await deps.ledger.alerts.dismiss(incident, identity.id);
  await deps.ledger.journal.append(incident, [
    { key: 'detector.dismissed', kind: 'stop', actor: identity.id, body: { dismissed: true, reason } },
  ]);
  return { incident, dismissed: true };
}
