import { Context } from '@temporalio/activity';
import type { JsonObject } from '../../contracts/json.ts';

/** What the runner must know of the activity attempt it runs in. */
export interface Attempt {
  /** Scheduled time of this attempt at the server, in milliseconds: grows with every attempt, so it serves as the lease's epoch. */
  readonly epoch: number;
  /** When the activity was first scheduled, whatever attempt this is; milliseconds. */
  readonly firstScheduledMs: number;
  /** Aborts when the activity is cancelled or the worker shuts down. */
  readonly signal: AbortSignal;
  /** Reports progress; it also carries cancellation back. */
  heartbeat(progress: JsonObject): void;
}

/** The attempt of the Temporal activity that is running now. @throws Error outside an activity. */
export function currentAttempt(): Attempt {
  const context = Context.current();
  return {
    epoch: context.info.currentAttemptScheduledTimestampMs,
    firstScheduledMs: context.info.scheduledTimestampMs,
    signal: context.cancellationSignal,
    heartbeat: (progress) => {
      context.heartbeat(progress);
    },
  };
}
