import { randomBytes } from 'node:crypto';
import { digestOf, planOf } from '../../test/support/plan-sketch.ts';
import { ENGINE_VERSION, type IncidentInput } from '../../contracts/messages.ts';
import { incidentWorkflowId, type IncidentId } from '../../contracts/ids.ts';
import { taskQueues } from '../../contracts/queues.ts';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { JsonObject } from '../../contracts/json.ts';
import type { Ledger } from '../../ledger/ports.ts';
import type { Plan } from '../../contracts/plan.ts';

/** An incident that runs. */
export interface StartedRun {
  readonly incident: IncidentId;
  readonly handle: WorkflowHandle;
}

async function open(ledger: Ledger, plan: Plan): Promise<IncidentId> {
  const planHash = digestOf(plan);
  const { incident } = await ledger.incidents.open({
    ...{ key: randomBytes(8).toString('hex'), requestHash: planHash, mode: 'live', playbook: 'bench', planHash },
    ...{ requester: 'bench', inputs: {}, roles: {} },
  });
  return incident;
}

async function start(client: Client, incident: IncidentId, plan: Plan, inputs: JsonObject): Promise<StartedRun> {
  const input: IncidentInput = {
    ...{ incident, mode: 'live', engineVersion: ENGINE_VERSION, plan, planHash: digestOf(plan), inputs },
    ...{ requester: 'bench', roles: {} },
  };
  const workflowId = incidentWorkflowId(incident);
  const handle = await client.workflow.start('incident', { workflowId, taskQueue: taskQueues.engine, args: [input] });
  return { incident, handle };
}

/** Starts an incident that rolls out over that many targets with a connector that does nothing. */
export async function startRollout(
  client: Client,
  ledger: Ledger,
  targets: number,
  { page, window }: { readonly page: number; readonly window: number },
): Promise<StartedRun> {
  const rows = Array.from({ length: targets }, (_, index) => ({
    subject: `target-${String(index).padStart(8, '0')}`,
    ...{ attributes: { issuer: 'own', kind: 'user' }, sealed: {} },
  }));
  const plan = planOf([
    {
      ...{ id: 'contain', uses: 'credentials.revoke', forEach: 'inputs.targets', timeoutMs: 120_000 },
      rollout: { first: [], canary: 0, page, window },
    },
  ]);
  const incident = await open(ledger, plan);
  const owner = { incident, step: 'scope', visit: 1 };
  const { dataset } = await ledger.datasets.write(owner, { dataset: { kind: 'credentials', rows } });
  return start(client, incident, plan, { targets: { ...dataset! } });
}

/** Starts an incident that waits for an hour. */
export async function startWaiting(client: Client, ledger: Ledger): Promise<StartedRun> {
  const plan = planOf([{ id: 'wait', uses: 'wait.until', with: { after: 'PT1H' } }]);
  return start(client, await open(ledger, plan), plan, {});
}
