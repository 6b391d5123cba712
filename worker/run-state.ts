import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { incidentWorkflowId, type IncidentId } from '../contracts/ids.ts';
import type { RunState } from '../activities/reconcile/reconcile.ts';

/** How a run may have ended; one that goes on as new has not. */
const OVER: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT']);

/**
 * Asks Temporal whether the run that holds a permit is over: the child that has the permit's id (a rollout, a step that
 * outlives its incident), or, where there is none, the incident itself. What Temporal does not know any more is over.
 */
export function runState(client: Client): RunState {
  const isOver = async (workflowId: string): Promise<boolean | undefined> => {
    try {
      const { status } = await client.workflow.getHandle(workflowId).describe();
      return OVER.has(status.name);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  };
  return async (permit) => {
    const incident = permit.slice(0, permit.indexOf('/')) as IncidentId;
    const child = await isOver(`incident/${permit}`);
    const over = child ?? (await isOver(incidentWorkflowId(incident))) ?? true;
    return over ? 'over' : 'open';
  };
}
