import { Context } from '@temporalio/activity';
import type { JsonObject } from '../../contracts/json.ts';

/** What the runner must know of the activity attempt it runs in. */
export interface Attempt {
  /** Scheduled time of this attempt at the server, in milliseconds: grows with every attempt, so it serves as the lease's epoch. */
  readonly epoch: number;
  /** When the activity was first scheduled, whatever attempt this is; milliseconds. */
  readonly firstScheduledMs: number;
  /** Which attempt this is, from 1; absent: the first. */
  readonly number?: number;
  /** Milliseconds that the activity has in all; absent: two minutes. */
  readonly timeoutMs?: number;
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
    number: context.info.attempt,
    timeoutMs: context.info.startToCloseTimeoutMs,
    signal: context.cancellationSignal,
    heartbeat: (progress) => {
      context.heartbeat(progress);
    },
  };
}

/** How often work without targets of its own shows that it lives; a third of the shortest heartbeat timeout in use. */
const BEAT_MS = 500;

/** Does work while heartbeats go out, so that a long list or look is not taken for dead. */
export async function beating<Result>(attempt: Attempt, work: () => Promise<Result>): Promise<Result> {
  attempt.heartbeat({});
  const beat = setInterval(() => {
    attempt.heartbeat({});
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
