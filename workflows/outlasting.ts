import { CancellationScope } from '@temporalio/workflow';
import { childEndedSignal } from './definitions.ts';
import { runAction, stepError } from './activities.ts';
import { tell } from './children.ts';
import { visitId } from '../contracts/ids.ts';
import type { ChildEnded, OutlastingInput } from '../contracts/messages.ts';

/**
 * One step that goes on after its incident has closed (`outlives: close`), such as a month of watching for reuse.
 *
 * It has an id of its own and reports by signal; when nobody is there to hear, what it found is in the ledger by the action
 * itself.
 */
export async function outlasting({ call, step, parentWorkflowId, heartbeatTimeoutMs }: OutlastingInput): Promise<void> {
  const result = await runAction(step, visitId(call.step, call.visit), call, heartbeatTimeoutMs).then(
    ({ outputs, openItems = [], state = 'succeeded' }): ChildEnded['result'] => ({ state, outputs, openItems }),
    (error: unknown): ChildEnded['result'] => ({ state: 'failed', outputs: {}, error: stepError(error) }),
  );
  const ended: ChildEnded = { step: call.step, visit: call.visit, result };
  await CancellationScope.nonCancellable(() =>
    tell(parentWorkflowId, (parent) => parent.signal(childEndedSignal, ended)),
  );
}
