import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { visitId } from '../contracts/ids.ts';
import type { ChildEnded, OutlastingInput } from '../contracts/messages.ts';
import { runAction, stepError } from './activities.ts';
import { childEndedSignal } from './definitions.ts';

/**
 * One step that goes on after its incident has closed: watching, mostly. It has an id of its own and reports if anybody is
 * still there to hear it.
 */
export async function outlasting({ call, step, parentWorkflowId }: OutlastingInput): Promise<void> {
  const result = await runAction(step, call.uses, visitId(call.step, call.visit), call).then(
    ({ outputs, openItems = [], state = 'succeeded' }): ChildEnded['result'] => ({ state, outputs, openItems }),
    (error: unknown): ChildEnded['result'] => ({ state: 'failed', outputs: {}, error: stepError(error) }),
  );
  const ended: ChildEnded = { step: call.step, visit: call.visit, result };
  await getExternalWorkflowHandle(parentWorkflowId)
    .signal(childEndedSignal, ended)
    .catch(() => undefined); // the incident has closed meanwhile
}
