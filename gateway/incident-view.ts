import { WorkflowNotFoundError, isGrpcServiceError, ServiceError } from '@temporalio/client';
import type { EffectsView, IncidentView } from '../contracts/api.ts';
import { incidentWorkflowId, isIncidentId, type IncidentId } from '../contracts/ids.ts';
import { CodedError } from '../contracts/errors.ts';
import { incidentMessages, type IncidentStatus } from '../contracts/messages.ts';
import { actionCatalogue } from '../contracts/catalogue.ts';
import type { IncidentRow } from '../ledger/ports.ts';
import type { GatewayDeps } from './deps.ts';
import { waitingInstructions } from './step-instructions.ts';

const STATUS_WITHIN_MS = 3_000; // a query that no worker answers would wait for ten seconds and more

/** Actions whose effects are counted: those of the catalogue and the parts of a rotation. */
const COUNTED: readonly string[] = [
  ...[...actionCatalogue.values()].filter(({ effect }) => effect !== 'none').map(({ name }) => name),
  'credentials.issue',
  'credentials.handover',
];

/** An id from a path. @throws INCIDENT_UNKNOWN */
export function incidentOf(text: string): IncidentId {
  if (!isIncidentId(text)) throw new CodedError('INCIDENT_UNKNOWN', 'an incident id looks like INC-2026-0042');
  return text;
}

/** An incident's row. @throws INCIDENT_UNKNOWN */
export async function readRow({ ledger }: Pick<GatewayDeps, 'ledger'>, incident: IncidentId): Promise<IncidentRow> {
  const row = await ledger.incidents.read(incident);
  if (!row) throw new CodedError('INCIDENT_UNKNOWN', `there is no incident ${incident}`);
  return row;
}

/** What the ledger alone knows of an incident. */
async function fromLedger({ ledger }: GatewayDeps, row: IncidentRow): Promise<IncidentView> {
  const { incident, mode, state, playbook, planHash, requester, openedAt, closedAt } = row;
  return {
    ...{ incident, mode, state, playbook, planHash, requester, openedAt },
    ...(closedAt === undefined ? {} : { closedAt }),
    obligations: await ledger.duties.obligations(incident),
    stopped: false,
    steps: [],
    gates: [],
    asks: [],
    facts: [],
    openItems: [],
    source: 'ledger',
  };
}

/**
 * Status of an incident: the workflow's own, also after it ended; the ledger's where the engine does not answer, has
 * forgotten the run, or never got the start.
 *
 * @throws INCIDENT_UNKNOWN, LEDGER_UNREACHABLE
 */
export async function readStatus(deps: GatewayDeps, incident: IncidentId): Promise<IncidentView> {
  const row = await readRow(deps, incident);
  const { client } = deps;
  try {
    const status = await client.withDeadline(Date.now() + STATUS_WITHIN_MS, () =>
      client.workflow.getHandle(incidentWorkflowId(incident)).query<IncidentStatus>(incidentMessages.status),
    );
    const instructions = await waitingInstructions(deps, status);
    return { ...status, source: 'engine', ...(Object.keys(instructions).length > 0 ? { instructions } : {}) };
  } catch (error) {
    const isSilent =
      error instanceof WorkflowNotFoundError || error instanceof ServiceError || isGrpcServiceError(error);
    if (!isSilent) throw error;
    deps.log({ incident, silent: error instanceof Error ? error.message : 'the engine' });
    return fromLedger(deps, row);
  }
}

/** Effect counts, and codes of what did not come through, by action; actions without effects are left out. */
export async function readEffects({ ledger }: GatewayDeps, incident: IncidentId): Promise<EffectsView> {
  const byAction = async <Counts extends object>(
    read: (action: string) => Promise<Counts>,
  ): Promise<Readonly<Record<string, Counts>>> => {
    const counted = await Promise.all(COUNTED.map(async (action) => [action, await read(action)] as const));
    return Object.fromEntries(counted.filter(([, counts]) => Object.keys(counts).length > 0));
  };
  const [effects, codes] = await Promise.all([
    byAction((action) => ledger.effects.counts(incident, action)),
    byAction((action) => ledger.effects.codes(incident, action)),
  ]);
  return { effects, codes };
}
