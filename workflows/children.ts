import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common/lib/failure.js';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  startChild,
  type ExternalWorkflowHandle,
} from '@temporalio/workflow';
import { childWorkflowId, type IncidentId } from '../contracts/ids.ts';
import { movedSignal, settledSignal } from './definitions.ts';
import { summaryOf } from './activities.ts';
import { taskQueues } from '../contracts/queues.ts';
import type { OutlastingInput, ObligationInput, RolloutInput } from '../contracts/messages.ts';

/** Children by workflow type, with what they are started with. */
export interface Children {
  rollout: RolloutInput;
  obligation: ObligationInput;
  outlasting: OutlastingInput;
}

/**
 * Starts a child that outlives this run and, if it must, this incident. One that is there already is the same one.
 *
 * Nothing that becomes of it ends or cancels the parent, and the parent's cancel does not cancel it: what it came to is
 * reported by signal, which survives continue-as-new.
 *
 * @param onLost - called when it fails, is cancelled or terminated while this run goes on.
 * @returns whether it was started now.
 */
export async function startOnce<Type extends keyof Children>(
  type: Type,
  workflowId: string,
  input: Children[Type],
  summary: string,
  onLost: () => void,
): Promise<boolean> {
  try {
    await CancellationScope.nonCancellable(async () => {
      const child = await startChild(type, {
        workflowId,
        args: [input],
        taskQueue: taskQueues.engine,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        staticSummary: summaryOf(summary),
      });
      void child.result().catch(onLost);
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/**
 * Tells another workflow something.
 *
 * @returns whether it was there to hear; one that has ended needs no telling, or was lost.
 */
export async function tell(
  workflowId: string,
  send: (child: ExternalWorkflowHandle) => Promise<void>,
): Promise<boolean> {
  try {
    await send(getExternalWorkflowHandle(workflowId));
    return true;
  } catch (error) {
    return isCancellation(error); // cancelled here: nothing is known of the other one
  }
}

/** The workflow id of a duty's clock. */
export function clockId(incident: IncidentId, obligation: string): string {
  return childWorkflowId(incident, `clock-${obligation}`, 1);
}

const BEGIN_MAX = 3; // a clock that ends while it is being moved is started anew

/** The clocks of an incident's duties, as this run of its workflow has seen them. */
export class Clocks {
  readonly #incident: IncidentId;
  /** Due times of the clocks that run, by obligation; kept up to date, and carried over. */
  readonly #running: Record<string, string>;
  readonly #onLost: (obligation: string) => void;
  /** Those that this run knows to be there. */
  readonly #seen = new Set<string>();

  /** @param onLost - called when a clock ended though its duty goes on: it must be started anew. */
  constructor(incident: IncidentId, running: Record<string, string>, onLost: (obligation: string) => void) {
    this.#incident = incident;
    this.#running = running;
    this.#onLost = onLost;
  }

  /** Starts new clocks, moves those whose times have changed, and ends those that no duty asks for any more. */
  async follow(clocks: readonly ObligationInput[]): Promise<void> {
    for (const clock of clocks) {
      const before = this.#running[clock.obligation];
      this.#running[clock.obligation] = clock.dueAt;
      if (before !== undefined && this.#seen.has(clock.obligation)) {
        if (before === clock.dueAt || (await this.#move(clock))) continue;
      }
      await this.#begin(clock);
    }
    for (const obligation of Object.keys(this.#running)) {
      if (clocks.some((clock) => clock.obligation === obligation)) continue;
      Reflect.deleteProperty(this.#running, obligation);
      this.#seen.delete(obligation);
      await tell(clockId(this.#incident, obligation), (child) => child.signal(settledSignal));
    }
  }

  /** One that is there already, from an earlier run or since it is about to end, is told its times instead. */
  async #begin(clock: ObligationInput): Promise<void> {
    const { obligation, title } = clock;
    const id = clockId(this.#incident, obligation);
    for (let attempt = 0; attempt < BEGIN_MAX; attempt += 1) {
      const isNew = await startOnce('obligation', id, clock, `clock of ${title}`, () => this.#lose(obligation));
      if (isNew || (await this.#move(clock))) break;
    }
    this.#seen.add(obligation);
  }

  #move({ obligation, dueAt, remindAt }: ObligationInput): Promise<boolean> {
    return tell(clockId(this.#incident, obligation), (child) => child.signal(movedSignal, { dueAt, remindAt }));
  }

  #lose(obligation: string): void {
    if (!this.#seen.delete(obligation)) return;
    Reflect.deleteProperty(this.#running, obligation);
    this.#onLost(obligation);
  }
}
